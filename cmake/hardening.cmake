# How the programs are protected against errors in them. tests/lint.sh checks the files of a build (hardening.py). The programs
# of the tests are not protected, and a sanitizer replaces the compiler's checks.

include_guard()

option(CRUX_HARDEN "Build position-independent programs with read-only relocations and the compiler's checks" ON)

set(CRUX_HARDENED OFF)
if(CRUX_HARDEN AND NOT CRUX_SANITIZE)
    set(CRUX_HARDENED ON)
endif()

# A guest of another processor has no libraries, so the programs of the tests are static too.
if(CMAKE_CROSSCOMPILING)
    add_link_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:CRUX_STATIC_PIE>>>:-static>)
endif()

# Valid targets of indirect branches. The C library has no markers for them on Debian, so of the linked programs init alone
# has the property.
set(branch_protection)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(branch_protection -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(branch_protection -mbranch-protection=standard)
endif()

add_library(crux_hardened INTERFACE)
if(CRUX_HARDENED)
    target_compile_options(crux_hardened INTERFACE -fPIE -fstack-protector-strong ${branch_protection})
    # It checks nothing without optimization, and says so.
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
        target_compile_options(crux_hardened INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
endif()

# crux_harden(PROGRAM [STATIC]) links a program of the product.
function(crux_harden program)
    cmake_parse_arguments(ARG "STATIC" "" "" ${ARGN})
    if(CMAKE_CROSSCOMPILING)
        set(ARG_STATIC ON)
    endif()
    if(NOT CRUX_HARDENED)
        if(ARG_STATIC)
            target_link_options(${program} PRIVATE -static)
        endif()
        return()
    endif()
    target_link_libraries(${program} PRIVATE crux_hardened)
    set_target_properties(${program} PROPERTIES CRUX_STATIC_PIE ${ARG_STATIC})
    target_link_options(${program} PRIVATE $<IF:$<BOOL:${ARG_STATIC}>,-static-pie,-pie> -Wl,-z,relro,-z,now,-z,noexecstack)
endfunction()
