# SPDX-License-Identifier: MIT
"""Builds Xen save/migration streams byte by byte, from the format's description alone."""
