"""Random layers for texts, whole numbers and categories: lookups, hashes, vocabularies."""

from draw import desc, maybe
from lib import TFK

WORDS = ["a", "b", "c", "Déjà", "日本", "the", "fox"]
TEXTS = ["a", "b", "c", "Déjà", "日本", "x", "", "The quick, brown fox!", "the  fox a b", "[UNK]", "a longer text of more than sixty-four bytes, so that all of the hash is used", "b\tc"]
NUMBERS = [3, 1, -7, 9, 5]
MODES = ["one_hot", "multi_hot", "count", "tf_idf"]


def encoded(r, n, layer=None):
    """How indices come out; TF-IDF brings its weights."""
    mode = r.choice(MODES)
    weights = {"idf_weights": [round(0.5 + 0.25 * i, 2) for i in range(n)]} if mode == "tf_idf" else {}
    return {"output_mode": mode, **weights, **maybe(r, 0.2, pad_to_max_tokens=True)}


def words(r, shape):
    """A layer for a tensor of texts."""
    known = r.sample(WORDS, r.randint(2, len(WORDS)))
    kind = r.choice(["StringLookup", "StringLookup", "Hashing", "TextVectorization"])
    if kind == "Hashing":
        return hashing(r, "a")
    if kind == "TextVectorization":
        options = maybe(r, 0.5, standardize=lambda r: r.choice(["lower_and_strip_punctuation", "lower", "strip_punctuation", None]), split=lambda r: r.choice(["whitespace", "character", None]),
                        ngrams=lambda r: r.choice([1, 2, [2]]))
        if r.random() < 0.5:
            return desc(kind, vocabulary=known, **options, **encoded(r, len(known)))
        return desc(kind, vocabulary=known, output_sequence_length=r.randint(1, 6), **options)
    options = maybe(r, 0.35, mask_token=lambda r: r.choice(["", "a"]), num_oov_indices=lambda r: r.choice([1, 2, 3]), oov_token="[OOV]", max_tokens=20, **({} if TFK else {"salt": 7}))
    if r.random() < 0.4:
        options.update(encoded(r, len(known)))
    return desc(kind, vocabulary=[w for w in known if w != options.get("mask_token", 0)], **options)


def hashing(r, mask):
    return desc("Hashing", num_bins=r.randint(2, 11), **maybe(r, 0.4, salt=lambda r: r.choice([133, [133, 137]]), mask_value=mask, output_mode=lambda r: r.choice(["int", "one_hot", "multi_hot", "count"])))


def numbers(r, shape):
    """A layer for a tensor of whole numbers."""
    if r.random() < 0.4:
        return hashing(r, 3)
    known = r.sample(NUMBERS, r.randint(2, len(NUMBERS)))
    options = maybe(r, 0.35, mask_token=0, num_oov_indices=lambda r: r.choice([1, 2, 3]), max_tokens=20, **({} if TFK else {"oov_method": "farmhash"}))
    if r.random() < 0.4:
        options.update(encoded(r, len(known)))
    return desc("IntegerLookup", vocabulary=known, **options)


def crossing(r):
    return desc("HashedCrossing", num_bins=r.randint(2, 9), **maybe(r, 0.4, output_mode=lambda r: r.choice(["int", "one_hot"])))
