# How the programs are protected against errors in them. tests/lint.sh checks the files of a build (tests/lint/hardening.py).
# The programs of the tests are not protected, and a sanitizer replaces the compiler's checks.

include_guard()

option(CRUX_HARDEN "Build position-independent programs with read-only relocations and the compiler's checks" ON)

set(CRUX_HARDENED OFF)
if(CRUX_HARDEN AND NOT CRUX_SANITIZE)
    set(CRUX_HARDENED ON)
endif()

# Valid targets of indirect branches. A linked program has the property only if all its objects have it. Debian's C library does
# not, so only init has it.
set(branch_protection)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    set(branch_protection -fcf-protection=full)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(branch_protection -mbranch-protection=standard)
endif()

add_library(crux_hardened INTERFACE)
if(CRUX_HARDENED)
    target_compile_options(crux_hardened INTERFACE -fPIE -fstack-protector-strong ${branch_protection})
    # It has no effect without optimization, and warns of that.
    if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
        target_compile_options(crux_hardened INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    endif()
endif()

# A static program applies its own relocations at each start. Packed ones are a hundredth of the size, but the C library must know
# them, and a linker that does not know the option ignores it.
set(packed)
if(CRUX_HARDENED)
    include(CheckCXXSourceCompiles)
    set(CMAKE_REQUIRED_FLAGS -fPIE)
    set(CMAKE_REQUIRED_LINK_OPTIONS -static-pie -Wl,-z,pack-relative-relocs)
    check_cxx_source_compiles("#include <features.h>
        #if !__GLIBC_PREREQ(2, 36)
        #error
        #endif
        int main() {}" CRUX_PACKS_RELOCATIONS FAIL_REGEX "ignored")
    unset(CMAKE_REQUIRED_FLAGS)
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(CRUX_PACKS_RELOCATIONS)
        set(packed -Wl,-z,pack-relative-relocs)
    endif()
endif()

# A guest of another processor has no libraries, so the programs of the tests are static, too. GCC does not accept -static
# together with -static-pie, which programs with the property have.
if(CMAKE_CROSSCOMPILING)
    add_link_options($<$<NOT:$<BOOL:$<TARGET_PROPERTY:CRUX_STATIC_PIE>>>:-static>)
endif()

# crux_link(PROGRAM STATIC): how a program of the product is linked. STATIC is ON or OFF; for another processor it is ON.
function(crux_link program static)
    if(CMAKE_CROSSCOMPILING)
        set(static ON)
    endif()
    set(linked)
    if(CRUX_HARDENED)
        target_link_libraries(${program} PRIVATE crux_hardened)
        set_target_properties(${program} PROPERTIES CRUX_STATIC_PIE ${static})
        set(linked $<IF:$<BOOL:${static}>,-static-pie,-pie> -Wl,-z,relro,-z,now,-z,noexecstack)
    elseif(static)
        set(linked -static)
    endif()
    if(static)
        # Parts of the libraries that nothing uses have relocations, too.
        list(APPEND linked ${packed} -Wl,--gc-sections)
    endif()
    target_link_options(${program} PRIVATE ${linked})
endfunction()
