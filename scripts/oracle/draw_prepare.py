"""Layers that prepare images, numbers and categories, and wrappers of a kernel."""

from draw import data_format, desc, maybe
from lib import TFK

METHODS = ["nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5"] + (["gaussian", "mitchellcubic"] if TFK else [])
AUGMENTATIONS = [("RandomFlip", {}), ("RandomRotation", {"factor": 0.2}), ("RandomZoom", {"height_factor": 0.1}), ("RandomTranslation", {"height_factor": 0.1, "width_factor": 0.2}), ("RandomContrast", {"factor": 0.3}),
                 ("RandomBrightness", {"factor": 0.2})]
if TFK:
    AUGMENTATIONS += [("RandomHeight", {"factor": 0.2}), ("RandomWidth", {"factor": 0.2})]
else:
    AUGMENTATIONS += [(name, {}) for name in ["RandomErasing", "RandomGaussianBlur", "RandomGrayscale", "RandomInvert", "RandomPerspective", "RandomElasticTransform", "RandomShear", "RandomColorJitter", "MixUp", "CutMix",
                                              "AugMix", "RandAugment", "Solarization", "AutoContrast", "Equalization", "RandomPosterization", "ContrastLimitedAdaptiveHistogramEqualization"]]
    AUGMENTATIONS += [(name, {"factor": 0.3}) for name in ["RandomHue", "RandomSaturation", "RandomSharpness", "RandomColorDegeneration"]]


def images(r, shape):
    size = {"height": r.randint(1, 8), "width": r.randint(1, 8)}
    layout = {} if TFK else data_format(r, 0.2)
    roll = r.random()
    if roll < 0.2:
        return desc("CenterCrop", **size, **layout)
    if roll < 0.25:
        return desc("RandomCrop", **size, **({} if TFK else {"seed": 3}))
    if roll < 0.45:
        name, options = r.choice(AUGMENTATIONS)
        return desc(name, **options)
    fit = r.choice([{}, {}, {"crop_to_aspect_ratio": True}] + ([] if TFK else [{"pad_to_aspect_ratio": True, **maybe(r, 0.5, fill_value=lambda r: r.choice([0.5, -2.0, 3]))}]))
    return desc("Resizing", **size, **maybe(r, 0.8, interpolation=lambda r: r.choice(METHODS)), **fit, **layout, **({} if TFK else maybe(r, 0.4, antialias=True)))


def bins(r, shape):
    cuts = sorted(r.choice([-2.0, -1.0, -0.5, 0.0, 0.1, 0.3, 1.0, 2.0, 5.0]) for _ in range(r.randint(1, 5)))
    return desc("Discretization", bin_boundaries=cuts, **maybe(r, 0.6, output_mode=lambda r: r.choice(["int", "one_hot", "multi_hot", "count"])))


def categories(r, shape):
    return desc("CategoryEncoding", num_tokens=r.randint(10, 12), **maybe(r, 0.7, output_mode=lambda r: r.choice(["one_hot", "multi_hot", "count"])))


def spectral(r, shape, inner):
    """Around layers that have a kernel."""
    return desc("SpectralNormalization", layer=inner, **maybe(r, 0.4, power_iterations=lambda r: r.randint(1, 3)))
