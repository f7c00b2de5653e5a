# Run with -D PROGRAM=…, optionally with an emulator in front: fails with the reason if a Catch2
# program cannot list its tests.
execute_process(COMMAND ${PROGRAM} --list-tests OUTPUT_VARIABLE tests ERROR_VARIABLE why)
if(NOT tests)
    message(FATAL_ERROR "${PROGRAM} lists no tests: ${why}")
endif()
