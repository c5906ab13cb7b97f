# How every file is compiled.
add_library(weir_flags INTERFACE)
target_include_directories(weir_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(weir_flags INTERFACE _GNU_SOURCE WEIR_VERSION="${PROJECT_VERSION}")
target_compile_options(weir_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
    -Wdouble-promotion -Wfloat-equal -Wformat=2 -Wundef -Wvla
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wswitch-enum
    -Wnull-dereference -Wimplicit-fallthrough -Wunused-macros
    -fno-common -fno-omit-frame-pointer -fstack-protector-strong
    "$<$<C_COMPILER_ID:GNU>:-Wcast-align=strict;-Wduplicated-cond;-Wduplicated-branches;-Wlogical-op;-Wjump-misses-init;-Walloca;-Wshift-overflow=2;-Wbad-function-cast;-Wstack-usage=131072>"
    "$<$<C_COMPILER_ID:Clang>:-Wcomma;-Wextra-semi-stmt;-Wconditional-uninitialized;-Wmissing-variable-declarations;-Wshorten-64-to-32>"
    "$<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
target_link_options(weir_flags INTERFACE -Wl,-z,relro,-z,now)

if(WEIR_SANITIZE)
    list(JOIN WEIR_SANITIZE "," sanitizers)
    target_compile_options(weir_flags INTERFACE -fsanitize=${sanitizers} -fno-sanitize-recover=all)
    target_link_options(weir_flags INTERFACE -fsanitize=${sanitizers})
    # Sanitizer code paths make several warnings of the optimiser wrong.
    target_compile_options(weir_flags INTERFACE
        "$<$<C_COMPILER_ID:GNU>:-Wno-null-dereference;-Wno-stack-usage>")
endif()

if(WEIR_TIDY)
    set(CMAKE_C_CLANG_TIDY clang-tidy --quiet)
endif()
