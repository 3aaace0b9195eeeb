/* SPDX-License-Identifier: MIT */
#include "libxc/vcpu_head.h"

#include <inttypes.h>

#define AT_RESERVED 4u

struct xsr_vcpu_head vcpu_head_read(const void *body, size_t length, bool big_endian)
{
	struct reader r = reader_make(body, length, big_endian);
	struct xsr_vcpu_head head;

	head.vcpu_id = reader_u32(&r);
	head.reserved = reader_u32(&r);
	return head;
}

enum xsr_status vcpu_head_write(struct xsr_buffer *out, const struct xsr_vcpu_head *head, size_t length,
    bool big_endian)
{
	struct writer w = writer_make(out->data + out->length, out->size - out->length, big_endian);

	if (w.size < XSR_VCPU_HEAD_SIZE || w.size - XSR_VCPU_HEAD_SIZE < length)
		return XSR_E_LIMIT;
	writer_u32(&w, head->vcpu_id);
	writer_u32(&w, head->reserved);
	out->length += w.position;
	return XSR_OK;
}

void vcpu_head_check(const struct check *c, const struct xsr_vcpu_head *head, enum finding_id reserved)
{
	if (head->reserved)
		check_report(c, reserved, AT_RESERVED, "reserved", "0", "0x%" PRIx32, head->reserved);
}

void vcpu_head_describe(const struct xsr_visitor *v, const struct xsr_vcpu_head *head)
{
	v->number(v->context, "vcpu_id", head->vcpu_id, XSR_DECIMAL);
}

bool canonical(uint64_t address)
{
	uint64_t top = address >> 47;

	return top == 0 || top == UINT64_MAX >> 47;
}
