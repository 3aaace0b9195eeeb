/* SPDX-License-Identifier: MIT */
/* The chunks of a body by id: specs/legacy-stream.md §4.2. */
#include "legacy/machine.h"

/* By -id. */
static const struct {
	const char *name;
	uint32_t param;
} chunks[] = {
    {"END", 0},
    {"ENABLE_VERIFY_MODE", 0},
    {"VCPU_INFO", 0},
    {"HVM_IDENT_PT", 12},
    {"HVM_VM86_TSS", 15},
    {"TMEM", 0},
    {"TMEM_EXTRA", 0},
    {"TSC_INFO", 0},
    {"HVM_CONSOLE_PFN", 17},
    {"LAST_CHECKPOINT", 0},
    {"HVM_ACPI_IOPORTS_LOCATION", 19},
    {"HVM_VIRIDIAN", 9},
    {"COMPRESSED_DATA", 0},
    {"ENABLE_COMPRESSION", 0},
    {"HVM_GENERATION_ID_ADDR", 34},
    {"HVM_PAGING_RING_PFN", 27},
    {"HVM_MONITOR_RING_PFN", 28},
    {"HVM_SHARING_RING_PFN", 29},
    {"TOOLSTACK", 0},
    {"HVM_IOREQ_SERVER_PFN", 32},
    {"HVM_NR_IOREQ_SERVER_PAGES", 33},
    {"HVM_X87_FIP_WIDTH", 36},
};

#define CHUNKS ((int32_t)(sizeof(chunks) / sizeof(chunks[0])))

const char *xsr_legacy_chunk_name(int32_t id)
{
	if (id > 0)
		return id <= (int32_t)LEGACY_ENTRIES ? "PAGE_BATCH" : NULL;
	return id > -CHUNKS ? chunks[-id].name : NULL;
}

uint32_t xsr_legacy_chunk_param(int32_t id)
{
	return id <= 0 && id > -CHUNKS ? chunks[-id].param : 0;
}

bool legacy_chunk_known(int32_t id)
{
	return xsr_legacy_chunk_name(id) != NULL;
}
