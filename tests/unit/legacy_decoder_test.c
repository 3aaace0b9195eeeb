/* SPDX-License-Identifier: MIT */
/* The legacy decoder: the same events however it is fed, what it detects, and what it refuses. */
#include <stdlib.h>
#include <string.h>

#include "legacy_image.h"
#include "unit.h"

/* The last line of an image's text is expected; consumes the image. */
static void expect(struct feed_blob image, const struct xsr_legacy_demand *demand, const char *last)
{
	char *text = legacy_text(demand, &image, 0, true), *line;

	text[strlen(text) - 1] = 0;
	line = strrchr(text, '\n');
	ck_assert_str_eq(line ? line + 1 : text, last);
	free(text);
	feed_blob_free(&image);
}

/* The image at every feed size, fed whole and with page data skipped. */
static void check_sizes(struct feed_blob image)
{
	char *whole = legacy_text(NULL, &image, 0, false);

	for (size_t i = 0; i < FEED_CHUNK_COUNT; i++) {
		for (int skip = 0; skip < 2; skip++) {
			char *text = legacy_text(NULL, &image, feed_chunks[i], skip);

			ck_assert_str_eq(text, whole);
			free(text);
		}
	}
	ck_assert_ptr_nonnull(strstr(whole, "\nok 1\n"));
	free(whole);
	feed_blob_free(&image);
}

START_TEST(feed_size_changes_nothing)
{
	for (unsigned width = 4; width <= 8; width += 4) {
		check_sizes(hvm_image(width));
		for (unsigned guest = 4; guest <= 8; guest += 4)
			for (unsigned info = 0; info < 4; info++)
				check_sizes(pv_image(width, guest, info));
	}
}
END_TEST

static struct feed_blob bare_pv(unsigned width)
{
	struct feed_blob b = {0};

	put_ulong(&b, width, IMAGE_P2M);
	put_ulong(&b, width, 5);
	put_batch(&b, width, 0, 30, 0);
	put_u32(&b, XSR_LEGACY_END);
	put_pv_tail(&b, width, width, 0, 1);
	return b;
}

START_TEST(no_extended_info)
{
	const struct xsr_legacy_demand pv = {.guest = XSR_DOMAIN_X86_PV}, hvm = {.guest = XSR_DOMAIN_X86_HVM};

	for (unsigned width = 4; width <= 8; width += 4) {
		expect(bare_pv(width), NULL, "ok 1");
		expect(bare_pv(width), &pv, "ok 1");
		expect(bare_pv(width), &hvm, "format legacy.guest 0 0");
	}
}
END_TEST

START_TEST(demands_are_checked)
{
	const struct xsr_legacy_demand narrow = {.width = 4}, wide = {.width = 8}, pv = {.guest = XSR_DOMAIN_X86_PV},
	    hvm = {.guest = XSR_DOMAIN_X86_HVM}, xl = {.xl = true};

	expect(hvm_image(8), &wide, "ok 1");
	expect(hvm_image(8), &narrow, "format legacy.width 0 0");
	expect(hvm_image(4), &wide, "format legacy.width 0 0");
	expect(hvm_image(4), &hvm, "ok 1");
	expect(hvm_image(4), &pv, "format legacy.guest 0 0");
	expect(pv_image(4, 8, 0), &hvm, "format legacy.guest 0 0");
	expect(hvm_image(4), &xl, "corrupt legacy.container 0 0");
	ck_assert_ptr_null(xsr_legacy_new(&(struct xsr_legacy_demand){.width = 5}, NULL, NULL));
	ck_assert_ptr_null(xsr_legacy_new(&(struct xsr_legacy_demand){.reserved = {1}}, NULL, NULL));
}
END_TEST

/* An HVM image of a kind up to its end of body. */
static struct feed_blob hvm_body(unsigned width)
{
	struct feed_blob b = {0};

	put_ulong(&b, width, IMAGE_P2M);
	put_batch(&b, width, 0, 3, 0);
	return b;
}

START_TEST(device_models)
{
	static const char *const signatures[] = {"QemuDeviceModelRecord", "DeviceModelRecord0002",
	    "RemusDeviceModelState", "QemuDeviceModelRecord\n"};

	for (size_t i = 0; i < 4; i++) {
		struct feed_blob b = hvm_body(8);

		put_u32(&b, XSR_LEGACY_END);
		put_hvm_tail(&b);
		put_qemu(&b, signatures[i]);
		check_sizes(b);
	}
}
END_TEST

START_TEST(rounds)
{
	for (unsigned torn = 0; torn < 2; torn++) {
		struct feed_blob b = {0};

		put_ulong(&b, 8, IMAGE_P2M);
		for (unsigned round = 0; round < 3; round++) {
			put_batch(&b, 8, round, 4, round);
			put_u32(&b, XSR_LEGACY_END);
			put_hvm_tail(&b);
			put_qemu(&b, "RemusDeviceModelState");
		}
		b.size -= torn;
		expect(b, NULL, torn ? "ok torn 2" : "ok 3");
	}
}
END_TEST

START_TEST(refusals)
{
	struct feed_blob b;

#define REFUSE(statement, text)                                                                                      \
	b = hvm_body(4);                                                                                             \
	statement;                                                                                                   \
	expect(b, NULL, text)
	REFUSE(put_u32(&b, 1025), "corrupt legacy.chunk 12308 0");
	REFUSE(put_u32(&b, (uint32_t)-22), "corrupt legacy.chunk 12308 0");
	REFUSE(put_vcpu_info(&b, 4096, 1), "corrupt legacy.vcpu_info 12312 0");
	REFUSE(put_vcpu_info(&b, UINT32_MAX, 1), "corrupt legacy.vcpu_info 12312 0");
	REFUSE(put_u32(&b, (uint32_t)XSR_LEGACY_TMEM), "unsupported legacy.tmem 12308 0");
	REFUSE((put_u32(&b, (uint32_t)XSR_LEGACY_TOOLSTACK), put_u32(&b, 0x100001)),
	    "corrupt legacy.toolstack 12312 0");
	REFUSE((put_u32(&b, (uint32_t)XSR_LEGACY_COMPRESSED_DATA), put_u32(&b, 5)),
	    "corrupt legacy.compressed 12308 0");
	REFUSE((put_u32(&b, 1), put_u32(&b, IMAGE_P2M)), "corrupt legacy.entry 12312 0");
	REFUSE((put_u32(&b, 1), put_u32(&b, 0x50000000)), "corrupt legacy.entry 12312 0");
	REFUSE((put_u32(&b, 0), put_zeros(&b, 28)), "corrupt legacy.hvm_context 12336 0");
#undef REFUSE
}
END_TEST

START_TEST(modern_streams_are_named)
{
	struct feed_blob b = {0};

	put_text(&b, "LibxlFmt");
	put_zeros(&b, 24);
	expect(b, NULL, "unsupported legacy.modern 0 0");
	b = (struct feed_blob){0};
	put_u64(&b, UINT64_MAX);
	put_zeros(&b, 24);
	expect(b, NULL, "unsupported legacy.modern 0 0");
}
END_TEST

START_TEST(containers)
{
	struct feed_blob image = pv_image(4, 4, INFO_EXTV), b = {0};

	put_text(&b, "receive\nLinuxGuestRecord");
	feed_blob_add(&b, "\0\0\0\x1b", 4);
	put_text(&b, "(domain (image (linux ())))");
	feed_blob_add(&b, image.data, image.size);
	check_sizes(b);
	b = (struct feed_blob){0};
	feed_blob_add(&b, "libvirt-xml\n \0 \r", 16);
	put_u32(&b, 1);
	put_u32(&b, 15);
	put_zeros(&b, 40);
	put_text(&b, "<domain/>\n    ");
	put_zeros(&b, 1);
	feed_blob_add(&b, image.data, image.size);
	check_sizes(b);
	b = (struct feed_blob){0};
	put_text(&b, "XenSavedDomv2-\n");
	put_u64(&b, 0xf);
	put_u64(&b, 3);
	put_text(&b, "()\n");
	put_u64(&b, 0xf2);
	put_u64(&b, 0);
	feed_blob_add(&b, image.data, image.size);
	put_u64(&b, 0xffff);
	put_u64(&b, 0);
	check_sizes(b);
	feed_blob_free(&image);
}
END_TEST

/* Every byte that can be missing, and every bit of what is no page. */
START_TEST(damage_is_survived)
{
	struct feed_blob image = pv_image(8, 4, INFO_EXTV | INFO_XCNT);

	for (size_t n = 0; n < image.size; n += n > 2900 && n < image.size - 9000 ? 997 : 1) {
		struct feed_blob cut = {.data = image.data, .size = n};
		char *text = legacy_text(NULL, &cut, 0, true);

		require(strstr(text, "truncated legacy.truncated"), "cut at %zu: %s", n, text);
		free(text);
	}
	for (size_t n = 0; n < image.size; n += n > 3200 && n < image.size - 9000 ? 997 : 1) {
		image.data[n] ^= (uint8_t)(1u << n % 8);
		free(legacy_text(NULL, &image, 0, true));
		image.data[n] ^= (uint8_t)(1u << n % 8);
	}
	feed_blob_free(&image);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {feed_size_changes_nothing, no_extended_info, demands_are_checked, device_models,
	    rounds, refusals, modern_streams_are_named, containers, damage_is_survived, NULL};

	return unit_main("legacy_decoder", tests);
}
