# Builds for CMAKE_SYSTEM_PROCESSOR with Debian's cross compiler and its C library, and with the other libraries from
# cmake/sysroot.sh. Programs are static, because the guest has no libraries (tests/vm), and run under qemu-user.

set(CMAKE_SYSTEM_NAME Linux)
set(triple ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
set(CMAKE_C_COMPILER ${triple}-gcc)
set(CMAKE_CXX_COMPILER ${triple}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${triple})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${CMAKE_SYSTEM_PROCESSOR}-static)

cmake_path(ABSOLUTE_PATH CMAKE_CURRENT_LIST_DIR NORMALIZE OUTPUT_VARIABLE folder)
cmake_path(GET folder PARENT_PATH folder)
string(APPEND folder /build/sysroot/${CMAKE_SYSTEM_PROCESSOR})
if(NOT EXISTS ${folder})
    message(FATAL_ERROR "${folder} does not exist: run cmake/sysroot.sh ${CMAKE_SYSTEM_PROCESSOR}")
endif()
set(CMAKE_FIND_ROOT_PATH ${folder})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${folder})
set(ENV{PKG_CONFIG_LIBDIR} ${folder}/usr/lib/${triple}/pkgconfig:${folder}/usr/share/pkgconfig)
