# How the folders become libraries: one static library a folder. DEPENDS is checked against the table of
# docs/architecture.md by tests/lint.sh; linking alone would not notice a use that it does not name.

include_guard()
include(${CMAKE_CURRENT_LIST_DIR}/hardening.cmake)

add_library(crux_plain INTERFACE)
target_compile_features(crux_plain INTERFACE cxx_std_23)
target_include_directories(crux_plain INTERFACE ${PROJECT_SOURCE_DIR})
# Designated initialisers list only some members; the type has the defaults of the others.
target_compile_options(
    crux_plain INTERFACE -Wall -Wextra -Wno-missing-field-initializers -Wpedantic -Wshadow -Wconversion
                           -Wswitch-enum -Werror=unused-result -Werror=switch-enum)

# Everything that can be built with a sanitizer: all but the freestanding programs, because a sanitizer requires a
# runtime library.
add_library(crux_options INTERFACE)
target_link_libraries(crux_options INTERFACE crux_plain)
if(CRUX_SANITIZE)
    # The check of virtual calls reads type information, which the strict libraries are built without: a test that has
    # it and uses one of their classes would not link.
    target_compile_options(crux_options INTERFACE -fsanitize=address,undefined -fno-sanitize=vptr
                                                  -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(crux_options INTERFACE -fsanitize=address,undefined)
endif()
if(CRUX_FUZZ)
    target_compile_options(crux_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Only cmd's option adaptor and the tests use exceptions.
add_library(crux_strict INTERFACE)
target_link_libraries(crux_strict INTERFACE crux_options crux_hardened)
target_compile_options(crux_strict INTERFACE -fno-exceptions -fno-rtti)

# The same without a sanitizer: for init and other programs that have no C library or must be static.
add_library(crux_freestanding INTERFACE)
target_link_libraries(crux_freestanding INTERFACE crux_plain)
target_compile_options(crux_freestanding INTERFACE -fno-exceptions -fno-rtti)

# Most sources include these, and reading them takes a third of a build. Presets that developers build with compile each
# source with its own includes only, so that a missing one is found.
if(CRUX_PRECOMPILE)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled.cc CONTENT "")
    add_library(crux_precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cc)
    target_link_libraries(crux_precompiled PRIVATE crux_strict)
    target_precompile_headers(crux_precompiled PRIVATE <algorithm> <array> <map> <memory> <optional> <span> <string>
                              <string_view> <utility> <vector>)
endif()

set_property(GLOBAL PROPERTY CRUX_UNIT_TESTS "")
set_property(GLOBAL PROPERTY CRUX_LIBRARIES "")

# crux_library(NAME [SOURCES file…] [DEPENDS library…] [LIBRARIES external…])
# Adds crux_NAME with the sources (default: every *.cc here and one directory below) and its *_test.cc to unit_tests.
function(crux_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
    if(NOT ARG_SOURCES)
        file(GLOB ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
             ${CMAKE_CURRENT_SOURCE_DIR}/*/*.cc)
        list(FILTER ARG_SOURCES EXCLUDE REGEX "_test\\.cc$")
    endif()
    list(TRANSFORM ARG_DEPENDS PREPEND crux_)
    if(NOT ARG_SOURCES)
        # A directory with only headers is a library, too.
        set(ARG_SOURCES ${CMAKE_CURRENT_BINARY_DIR}/headers.cc)
        file(CONFIGURE OUTPUT ${ARG_SOURCES} CONTENT "")
    endif()
    add_library(crux_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(crux_${name} PRIVATE crux_strict)
    target_link_libraries(crux_${name} PUBLIC ${ARG_DEPENDS} ${ARG_LIBRARIES})
    if(CRUX_PRECOMPILE)
        target_precompile_headers(crux_${name} REUSE_FROM crux_precompiled)
    endif()
    set_property(GLOBAL APPEND PROPERTY CRUX_LIBRARIES crux_${name})
    crux_unit_tests()
endfunction()

# Adds this directory's *_test.cc to the binary of unit tests.
function(crux_unit_tests)
    file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc
         ${CMAKE_CURRENT_SOURCE_DIR}/*/*_test.cc)
    set_property(GLOBAL APPEND PROPERTY CRUX_UNIT_TESTS ${tests})
endfunction()
