/* SPDX-License-Identifier: MIT */
/* Records without a body, and the list of the back channel. */
#include <libstream/records.h>

#include "body.h"
#include "unit.h"

START_TEST(empty_ones_take_no_byte)
{
	static const uint32_t types[] = {XSR_LIBXC_END, XSR_LIBXC_VERIFY, XSR_LIBXC_CHECKPOINT,
	    XSR_LIBXC_STATIC_DATA_END};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct body b = {.layer = XSR_LAYER_LIBXC, .type = types[i], .data = "", .depth = XSR_DEPTH_STREAM};

		body_expect(&b, "");
		b.length = 1;
		body_expect(&b, "record.length -\n");
		body_expect_described(&b, "{}");
	}
}
END_TEST

START_TEST(dirty_pfns)
{
	static const uint8_t list[] = {0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3};
	struct body b = {.layer = XSR_LAYER_LIBXC, .type = XSR_LIBXC_CHECKPOINT_DIRTY_PFN_LIST, .data = list,
	    .length = sizeof(list), .big_endian = true, .depth = XSR_DEPTH_STREAM};
	struct xsr_dirty_pfn_list decoded;

	body_expect(&b, "");
	body_recodes(&b);
	body_expect_described(&b, "{\"count\":2,\"pfns\":[0x102,0x3]}");
	ck_assert_int_eq(xsr_dirty_pfn_list_decode(list, sizeof(list), true, &decoded), XSR_OK);
	ck_assert_uint_eq(xsr_dirty_pfn_list_at(&decoded, 1), 3);
	ck_assert_uint_eq(xsr_dirty_pfn_list_at(&decoded, 2), 0);
	ck_assert_int_eq(xsr_dirty_pfn_list_decode(list, 9, true, &decoded), XSR_E_CORRUPT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {empty_ones_take_no_byte, dirty_pfns, NULL};

	return unit_main("empty_records", tests);
}
