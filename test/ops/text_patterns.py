"""
Writes text-patterns.json: what TensorFlow 2.21 (RE2) makes of texts by patterns. A row is the pattern, the texts in which all that
matches is a "#" (null: not asked), and which of the texts match as a whole.

    python text_patterns.py > text-patterns.json
"""

import json
import os

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import tensorflow as tf

TEXTS = ["a-b z_`.", "A b\nc", "]a^-[", "aab aaa", "é ü-à ", "\v\t x\ny", "", ".,+-", "b`a-9", "xx&yy", "{a}/\\", "https http", "Http KkK \u212a \u017f É"]
PATTERNS = [
    # Hyphens: of a range, of themselves at an end, after a set and outside of classes.
    r"[\w-z]", r"[\s-a]", r"[\w-.]", r"[\s-\w]", r"[a-]", r"[-a]", r"[^-a]", r"[--a]", r"[+--]", r"[a-c-e]", r"[a\-z]", r"[\w.-]",
    r"[+-\.]", r"[\+-.]", r"[\d-]", r"[a-c\d-x]", r"-", r"a-b", r"\-", r"-+",
    # What is something else in a class.
    r"[]a]", r"[^]a]", r"[\]a]", r"[[a]", r"[a^]", r"[\^a]", r"[&&a]", r"[$.|]", r"[{}/]", r"[^\w\s]", r"[à-ü]",
    # Ends, in texts of many lines.
    "^a", "a$", "a|^b", "a^", ".$", "^.",
    # One by one.
    ".", "[^a]", r"\W", r"\S", r"\s", r"\D", "é", "}", "]", r"\{", r"\/", r"\\", r"\t|\v",
    # Repetitions.
    "ab?", "https?", "a.*b",
    # Sets of POSIX, borders of words, cases.
    *(f"[[:{name}:]]" for name in "alnum alpha blank cntrl digit graph lower print punct space upper word xdigit".split()),
    "[^[:punct:]a]", "[[:alpha:]-]", r"\bb", r"b\b", r"\ba\b", r"a\B", r"\b\W", "(?i)a", "(?i)AB", "(?i)[^B]", r"(?i)\bHTTPS?\b", "(?i)É",
    "(?i)k", "(?i)[J-L]",
    # "x+|y", "a?b?c?d?e", "[ab]+-", r"\s*\w",
]  # fmt: skip

# With two repetitions, in which nothing is replaced.
WHOLE = [".*b.*", "[^a]+b*", r"(?i).*[[:alpha:]]+", "a*|b*-?b*"]  # fmt: skip

rows = []
for pattern in PATTERNS + WHOLE:
    replaced = None
    if pattern in PATTERNS:
        replaced = [t.decode() for t in tf.strings.regex_replace(TEXTS, pattern, "#").numpy()]
    rows.append(json.dumps([pattern, replaced, tf.strings.regex_full_match(TEXTS, pattern).numpy().tolist()]))
print('{"texts": ' + json.dumps(TEXTS) + ',\n"rows": [\n' + ",\n".join(rows) + "\n]}")
