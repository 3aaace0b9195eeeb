/* SPDX-License-Identifier: MIT */
#include "libxc/families.h"

#include "libxc/cpuid_policy.h"
#include "libxc/empty.h"
#include "libxc/hvm_context.h"
#include "libxc/hvm_params.h"
#include "libxc/msr_policy.h"
#include "libxc/p2m_frames.h"
#include "libxc/pv_info.h"
#include "libxc/shared_info.h"
#include "libxc/tsc_info.h"
#include "libxc/vcpu_basic.h"
#include "libxc/vcpu_extended.h"
#include "libxc/vcpu_msrs.h"
#include "libxc/vcpu_xsave.h"

const struct record_family *const libxc_families[] = {
    &pv_info_family,
    &p2m_frames_family,
    &vcpu_basic_family,
    &vcpu_extended_family,
    &vcpu_xsave_family,
    &vcpu_msrs_family,
    &shared_info_family,
    &tsc_info_family,
    &hvm_context_family,
    &hvm_params_family,
    &cpuid_policy_family,
    &msr_policy_family,
    &end_family,
    &verify_family,
    &checkpoint_family,
    &static_data_end_family,
    &toolstack_family,
    &dirty_pfn_list_family,
    NULL,
};
