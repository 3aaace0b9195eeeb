# SPDX-License-Identifier: MIT
"""The vectors, each a function whose docstring is its explanation."""

import importlib

MODULES = ("good_libxc", "good_habits", "good_libxl", "good_checkpoint", "bad_headers", "bad_order",
           "bad_memory", "bad_pv", "bad_hvm", "bad_policy", "bad_libxl", "bad_xl",
           "hostile", "real", "unsupported", "legacy_good", "legacy_bad")


def load() -> None:
    """Declares all vectors, in the order of the README."""
    for name in MODULES:
        importlib.import_module("vectors." + name)
