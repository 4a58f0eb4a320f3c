"""Random attention, sums of products by letters, spectrograms: layers that take several tensors, with the calls' arguments."""

from draw import activation, attached, desc, maybe
from lib import TFK

HEADS = ["MultiHeadAttention"] * 3 + ([] if TFK else ["GroupQueryAttention"])
DENSE = ["Attention", "AdditiveAttention"]


def einsum(r, shape):
    """`EinsumDense` over a tensor: letters kept, summed and new."""
    letters = "abcdefg"[: len(shape)]
    free = [i for i in range(1, len(shape))]
    fixed = [i for i in free if shape[i] is not None]
    if not fixed:
        return None
    summed = sorted(r.sample(fixed, r.randint(1, min(2, len(fixed)))))
    new = "xyz"[: r.randint(0 if len(free) > len(summed) else 1, 2)]
    shared = [i for i in fixed if i not in summed and r.random() < 0.2]
    kept = [letters[i] for i in range(len(shape)) if i not in summed]
    kernel = [letters[i] for i in summed + shared] + list(new)
    r.shuffle(kernel)
    out = kept + list(new)
    if r.random() < 0.25:
        tail = out[1:]
        r.shuffle(tail)
        out = out[:1] + tail
    size = {letters[i]: shape[i] for i in range(len(shape))}
    target = [size[c] if c in size else r.randint(1, 4) for c in out[1:]]
    equation = f"{letters},{''.join(kernel)}->{''.join(out)}"
    if len(shape) > 2 and len(summed) == 1 and summed[0] == len(shape) - 1 and not shared and r.random() < 0.2:
        equation, target = "...x,xy->...y", [r.randint(1, 4)]
        out = ["y"]
    known = [c for c, n in zip(out[-len(target):], target) if n is not None]
    bias = "".join(c for c in known if r.random() < 0.6)
    return desc("EinsumDense", equation=equation, output_shape=target if len(target) > 1 or r.random() < 0.5 else target[0], **({"bias_axes": bias} if bias and r.random() < 0.7 else {}),
                **activation(r, 0.3), **attached(r, "kernel"))


def heads(r, shape):
    """Heads with what the constructor takes; `shape` is the query's."""
    kind = r.choice(HEADS)
    if kind == "GroupQueryAttention":
        groups = r.choice([1, 2])
        return desc(kind, head_dim=r.randint(1, 4), num_query_heads=groups * r.randint(1, 2), num_key_value_heads=groups,
                    **maybe(r, 0.25, dropout=0.2, use_bias=False, use_gate=True, flash_attention=False, sliding_window=lambda r: r.randint(1, 3)), **attached(r, "kernel", "bias"))
    axes = list(range(1, len(shape) - 1))
    some = sorted(r.sample(axes, r.randint(1, len(axes))))
    more = {} if TFK else maybe(r, 0.2, use_gate=True, flash_attention=False, sliding_window=lambda r: r.randint(1, 3))
    return desc(kind, num_heads=r.randint(1, 3), key_dim=r.randint(1, 4),
                **maybe(r, 0.25, value_dim=lambda r: r.randint(1, 4), dropout=0.2, use_bias=False, output_shape=lambda r: r.choice([[2], 3, [2, 2]])),
                **({"attention_axes": r.choice([some, some[0]])} if r.random() < 0.3 else {}), **more, **attached(r, "kernel", "bias"))


def dense(r):
    kind = r.choice(DENSE)
    options = maybe(r, 0.4, use_scale=lambda r: r.random() < 0.5, dropout=0.2)
    if kind == "Attention":
        options.update(maybe(r, 0.4, score_mode=lambda r: r.choice(["dot", "concat"])))
    return desc(kind, **options)


def spectrogram(r, shape):
    """Of waves: [batch, samples], or with channels."""
    frames = dict(sequence_length=16) if r.random() < 0.5 else dict(fft_length=16, sequence_stride=4)
    if len(shape) == 3 or r.random() < 0.5:
        return desc("STFTSpectrogram", mode=r.choice(["log", "magnitude", "psd", "real", "imag", "angle", "stft"]), frame_length=r.choice([4, 6, 8]), frame_step=r.choice([2, 3]),
                    **maybe(r, 0.4, fft_length=lambda r: r.choice([8, 16]), window=lambda r: r.choice(["hann", "hamming", None]), periodic=True, scaling=lambda r: r.choice(["density", "spectrum"]),
                            padding=lambda r: r.choice(["valid", "same"]), expand_dims=True))
    return desc("MelSpectrogram", fft_length=16, sequence_stride=4, sampling_rate=r.choice([100, 200]), max_freq=50, num_mel_bins=r.randint(2, 5),
                **maybe(r, 0.3, mag_exp=2.0, power_to_db=False, top_db=40.0, window=lambda r: r.choice(["hann", "hamming"]), **({"sequence_length": 8} if "sequence_length" in frames else {})))
