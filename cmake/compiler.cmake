# One place for the flags every target of ours is built with.
add_library(xsr_flags INTERFACE)
target_compile_definitions(xsr_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(xsr_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wcast-qual -Wwrite-strings -Wformat=2
	-Wundef -Wvla -Wimplicit-fallthrough -Wnull-dereference
	-fno-common -fstack-protector-strong)
if(XSR_WERROR)
	target_compile_options(xsr_flags INTERFACE -Werror)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	target_compile_options(xsr_flags INTERFACE -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
endif()
if(CMAKE_BUILD_TYPE MATCHES "^Rel" AND NOT XSR_SANITIZE)
	target_compile_definitions(xsr_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(XSR_SANITIZE)
	target_compile_options(xsr_flags INTERFACE -fsanitize=${XSR_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	target_link_options(xsr_flags INTERFACE -fsanitize=${XSR_SANITIZE})
endif()
# libFuzzer follows what the code does; clang only.
if(XSR_FUZZ)
	target_compile_options(xsr_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(XSR_COVERAGE)
	target_compile_options(xsr_flags INTERFACE --coverage -O0)
	target_link_options(xsr_flags INTERFACE --coverage)
endif()
