# Run with -D PROGRAM=…, which may have an emulator in front: fails where a Catch2 program cannot list its tests, and says why.
execute_process(COMMAND ${PROGRAM} --list-tests OUTPUT_VARIABLE tests ERROR_VARIABLE why)
if(NOT tests)
    message(FATAL_ERROR "${PROGRAM} lists no tests: ${why}")
endif()
