/* SPDX-License-Identifier: MIT */
/* Small legacy images for unit tests, made by hand, and running the decoder over them. */
#ifndef XSR_TESTS_LEGACY_IMAGE_H
#define XSR_TESTS_LEGACY_IMAGE_H

#include <libstream/legacy.h>

#include "feed.h"

#define IMAGE_P2M 64u /* p2m_size of all images here */

/* Appending in the byte order of the format. */
void put_u32(struct feed_blob *b, uint32_t value);
void put_u64(struct feed_blob *b, uint64_t value);
void put_ulong(struct feed_blob *b, unsigned width, uint64_t value);
void put_text(struct feed_blob *b, const char *text);
void put_zeros(struct feed_blob *b, size_t n);

/* A page whose content tells the pfn and the version. */
void put_page(struct feed_blob *b, unsigned pfn, unsigned version);

/* A batch of `count` ordinary pages from `first` on. */
void put_batch(struct feed_blob *b, unsigned width, unsigned first, unsigned count, unsigned version);

/* A chunk of the form id, pad, value. */
void put_param(struct feed_blob *b, int32_t id, uint64_t value);

/* The parts of images. info: blocks of extended info besides "vcpu". */
#define INFO_EXTV 1u
#define INFO_XCNT 2u
#define XSAVE_SIZE (16u + 832u)
void put_pv_head(struct feed_blob *b, unsigned width, unsigned guest_width, unsigned info);
void put_pv_tail(struct feed_blob *b, unsigned width, unsigned guest_width, unsigned info, unsigned vcpus);
void put_hvm_tail(struct feed_blob *b);
void put_qemu(struct feed_blob *b, const char *signature);
void put_vcpu_info(struct feed_blob *b, uint32_t max, uint64_t map);

/* Whole images: 4.2 and later, one vCPU (PV: two). */
struct feed_blob hvm_image(unsigned width);
struct feed_blob pv_image(unsigned width, unsigned guest_width, unsigned info);

/* The events of an image as text with one line each, ending with the status; findings are in it. To be freed. */
char *legacy_text(const struct xsr_legacy_demand *demand, const struct feed_blob *image, size_t chunk, bool skip);

#endif
