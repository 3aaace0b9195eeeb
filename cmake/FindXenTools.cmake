# Finds the Xen control libraries that xc-save and xc-restore need.
# Defines XenTools_FOUND and the target XenTools::XenTools.
include(FindPackageHandleStandardArgs)

find_path(XenTools_INCLUDE_DIR xenguest.h)
set(_xen_vars XenTools_INCLUDE_DIR)
set(_xen_libs)
foreach(_lib xenctrl xenguest xenstore xenevtchn xentoollog)
	find_library(XenTools_${_lib}_LIBRARY ${_lib})
	mark_as_advanced(XenTools_${_lib}_LIBRARY)
	list(APPEND _xen_vars XenTools_${_lib}_LIBRARY)
	list(APPEND _xen_libs "${XenTools_${_lib}_LIBRARY}")
endforeach()
find_package_handle_standard_args(XenTools REQUIRED_VARS ${_xen_vars}
	REASON_FAILURE_MESSAGE "xc-save and xc-restore will not be built (Debian: libxen-dev)")
if(XenTools_FOUND AND NOT TARGET XenTools::XenTools)
	add_library(XenTools::XenTools INTERFACE IMPORTED)
	target_include_directories(XenTools::XenTools SYSTEM INTERFACE "${XenTools_INCLUDE_DIR}")
	target_link_libraries(XenTools::XenTools INTERFACE ${_xen_libs})
endif()
