# weir_library(NAME SOURCES a.c b.c USES other_library …): one static library a folder.
function(weir_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC weir_flags ${ARG_USES})
endfunction()

# weir_test(NAME USES library …): tests/unit/NAME.c as a cmocka program with that name.
function(weir_test name)
    cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
    add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/unit/${name}.c)
    target_link_libraries(${name} PRIVATE weir_flags ${ARG_USES} PkgConfig::CMOCKA)
    add_test(NAME unit.${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# weir_race_test(NAME USES library …): tests/race/NAME.c; bites when built with the tsan preset.
function(weir_race_test name)
    cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
    add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/race/${name}.c)
    target_link_libraries(${name} PRIVATE weir_flags ${ARG_USES} PkgConfig::CMOCKA Threads::Threads)
    add_test(NAME race.${name} COMMAND ${name})
    set_tests_properties(race.${name} PROPERTIES LABELS race TIMEOUT 180)
endfunction()

# weir_fuzzer(NAME USES library …): tests/fuzz/NAME.c with the corpus tests/fuzz/corpus/NAME.
function(weir_fuzzer name)
    if(NOT WEIR_FUZZ)
        return()
    endif()
    cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
    add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.c)
    target_link_libraries(${name} PRIVATE weir_flags ${ARG_USES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
