/* SPDX-License-Identifier: MIT */
/* Words of features in a CPUID policy, bit by bit: what the guest has and the host has not. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "verify/state.h"

#define NO_SUBLEAF UINT32_MAX

/*
 * Where features stand. Bits that Xen lets a toolstack set whatever the host has, since they tell how to read the
 * topology, and those that follow the guest's control registers, are no features of the host. A guest on an AMD machine
 * sees bits of 1.edx again in 0x80000001.edx; Xen puts them there for the guest and leaves them out of what it can
 * give.
 */
static const struct word {
	const char *field; /* for findings */
	uint32_t leaf;     /* it is of */
	uint32_t subleaf;  /* of that leaf */
	unsigned reg;      /* register, 0 for eax to 3 for edx */
	uint32_t exempt;   /* bits that are not compared */
} words[] = {
    {"1.ecx", 0x1, NO_SUBLEAF, 2, 1u << 21 | 1u << 27},
    {"1.edx", 0x1, NO_SUBLEAF, 3, 1u << 28},
    {"7.ebx", 0x7, 0, 1, 0},
    {"7.ecx", 0x7, 0, 2, 1u << 4},
    {"7.edx", 0x7, 0, 3, 0},
    {"7.1.eax", 0x7, 1, 0, 0},
    {"7.1.ebx", 0x7, 1, 1, 0},
    {"7.1.ecx", 0x7, 1, 2, 0},
    {"7.1.edx", 0x7, 1, 3, 0},
    {"7.2.edx", 0x7, 2, 3, 0},
    {"0xd.1.eax", 0xd, 1, 0, 0},
    {"0x80000001.ecx", 0x80000001, NO_SUBLEAF, 2, 1u << 1},
    {"0x80000001.edx", 0x80000001, NO_SUBLEAF, 3, 0x0183f3ff},
    {"0x80000007.edx", 0x80000007, NO_SUBLEAF, 3, 0},
    {"0x80000008.ebx", 0x80000008, NO_SUBLEAF, 1, 0},
    {"0x80000021.eax", 0x80000021, NO_SUBLEAF, 0, 0},
};

#define WORDS (sizeof(words) / sizeof(words[0]))

/* Names that people know; a bit without one is told as its number. */
static const struct name {
	const char *field;    /* word that it is in */
	const char *bits[32]; /* by number, NULL for none */
} names[] = {
    {"1.ecx", {[0] = "sse3",
                  [1] = "pclmulqdq",
                  [3] = "monitor",
                  [5] = "vmx",
                  [9] = "ssse3",
                  [12] = "fma",
                  [13] = "cx16",
                  [17] = "pcid",
                  [19] = "sse4.1",
                  [20] = "sse4.2",
                  [22] = "movbe",
                  [23] = "popcnt",
                  [24] = "tsc_deadline",
                  [25] = "aes",
                  [26] = "xsave",
                  [28] = "avx",
                  [29] = "f16c",
                  [30] = "rdrand",
                  [31] = "hypervisor"}},
    {"1.edx", {[0] = "fpu",
                  [1] = "vme",
                  [2] = "de",
                  [3] = "pse",
                  [4] = "tsc",
                  [5] = "msr",
                  [6] = "pae",
                  [7] = "mce",
                  [8] = "cx8",
                  [9] = "apic",
                  [11] = "sep",
                  [12] = "mtrr",
                  [13] = "pge",
                  [14] = "mca",
                  [15] = "cmov",
                  [16] = "pat",
                  [17] = "pse36",
                  [19] = "clflush",
                  [23] = "mmx",
                  [24] = "fxsr",
                  [25] = "sse",
                  [26] = "sse2",
                  [27] = "ss"}},
    {"7.ebx", {[0] = "fsgsbase",
                  [1] = "tsc_adjust",
                  [3] = "bmi1",
                  [4] = "hle",
                  [5] = "avx2",
                  [7] = "smep",
                  [8] = "bmi2",
                  [9] = "erms",
                  [10] = "invpcid",
                  [11] = "rtm",
                  [14] = "mpx",
                  [16] = "avx512f",
                  [17] = "avx512dq",
                  [18] = "rdseed",
                  [19] = "adx",
                  [20] = "smap",
                  [21] = "avx512ifma",
                  [23] = "clflushopt",
                  [24] = "clwb",
                  [28] = "avx512cd",
                  [29] = "sha",
                  [30] = "avx512bw",
                  [31] = "avx512vl"}},
    {"7.ecx", {[1] = "avx512vbmi",
                  [2] = "umip",
                  [3] = "pku",
                  [6] = "avx512vbmi2",
                  [7] = "cet_ss",
                  [8] = "gfni",
                  [9] = "vaes",
                  [10] = "vpclmulqdq",
                  [11] = "avx512vnni",
                  [12] = "avx512bitalg",
                  [14] = "avx512vpopcntdq",
                  [22] = "rdpid",
                  [25] = "cldemote",
                  [27] = "movdiri",
                  [28] = "movdir64b"}},
    {"7.edx", {[4] = "fsrm",
                  [8] = "avx512vp2intersect",
                  [9] = "srbds_ctrl",
                  [10] = "md_clear",
                  [14] = "serialize",
                  [20] = "cet_ibt",
                  [23] = "avx512fp16",
                  [26] = "ibrsb",
                  [27] = "stibp",
                  [28] = "l1d_flush",
                  [29] = "arch_caps",
                  [31] = "ssbd"}},
    {"7.1.eax", {[4] = "avx_vnni", [5] = "avx512bf16", [10] = "fzrm", [11] = "fsrs", [12] = "fsrcs"}},
    {"7.2.edx", {[0] = "intel_psfd", [1] = "ipred_ctrl", [2] = "rrsba_ctrl", [4] = "bhi_ctrl"}},
    {"0xd.1.eax", {[0] = "xsaveopt", [1] = "xsavec", [2] = "xgetbv1", [3] = "xsaves"}},
    {"0x80000001.ecx", {[0] = "lahf_lm",
                           [2] = "svm",
                           [4] = "cr8_legacy",
                           [5] = "lzcnt",
                           [6] = "sse4a",
                           [7] = "misalignsse",
                           [8] = "3dnowprefetch",
                           [11] = "xop",
                           [15] = "lwp",
                           [16] = "fma4",
                           [21] = "tbm",
                           [22] = "topoext",
                           [26] = "dbext"}},
    {"0x80000001.edx", {[11] = "syscall",
                           [20] = "nx",
                           [22] = "mmxext",
                           [25] = "ffxsr",
                           [26] = "1gb_pages",
                           [27] = "rdtscp",
                           [29] = "lm",
                           [30] = "3dnowext",
                           [31] = "3dnow"}},
    {"0x80000007.edx", {[8] = "itsc"}},
    {"0x80000008.ebx", {[0] = "clzero",
                           [2] = "rstr_fp_err_ptrs",
                           [9] = "wbnoinvd",
                           [12] = "ibpb",
                           [14] = "ibrs",
                           [15] = "stibp",
                           [24] = "ssbd",
                           [25] = "virt_ssbd",
                           [26] = "ssb_no",
                           [28] = "psfd",
                           [29] = "btc_no"}},
    {"0x80000021.eax", {[2] = "lfence+", [6] = "nscb", [8] = "auto_ibrs", [27] = "sbpb", [29] = "srso_no"}},
};

static const char *bit_name(const char *field, unsigned bit, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].field, field) == 0 && names[i].bits[bit])
			return names[i].bits[bit];
	snprintf(text, size, "bit %u", bit);
	return text;
}

/* "avx2, bit 27 and 3 more", as many as fit. */
static void list_bits(const char *field, uint32_t bits, char *list, size_t size)
{
	size_t used = 0;
	unsigned more = 0;

	list[0] = 0;
	for (unsigned bit = 0; bit < 32; bit++) {
		char number[16];
		const char *name;

		if (!(bits & 1u << bit))
			continue;
		name = bit_name(field, bit, number, sizeof(number));
		/* Twelve letters are kept for how many did not fit. */
		if (more || used + strlen(name) + 2 + 12 >= size)
			more++;
		else
			used += (size_t)snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
	}
	if (more)
		snprintf(list + used, size - used, " and %u more", more);
}

static uint32_t word_of(const struct xsr_cpuid_leaf *leaf, unsigned reg)
{
	const uint32_t all[] = {leaf->eax, leaf->ebx, leaf->ecx, leaf->edx};

	return all[reg];
}

void host_features(struct xsr_verifier *v, const struct xsr_record *record, uint64_t at,
    const struct xsr_cpuid_leaf *guest, const struct xsr_cpuid_leaf *host)
{
	for (size_t i = 0; i < WORDS; i++) {
		const struct word *w = &words[i];
		uint32_t missing = word_of(guest, w->reg) & ~word_of(host, w->reg) & ~w->exempt;
		char list[72];

		if (guest->leaf != w->leaf || guest->subleaf != w->subleaf || !missing)
			continue;
		list_bits(w->field, missing, list, sizeof(list));
		verify_record(v, F_HOST_FEATURES, record, at + 8 + 4 * w->reg, w->field,
		    "features of the host", "%s", list);
	}
}
