# The options that every target of ours shares, as two interface libraries that targets link
# PRIVATE: tblog_options for hand-written code, tblog_options_generated for protoc-c's. What nvcc
# compiles has options of its own (kernels/cuda).

add_library(tblog_options_generated INTERFACE)
target_compile_definitions(tblog_options_generated INTERFACE _POSIX_C_SOURCE=200809L)
# Lets 32-bit machines use files beyond 2 GiB and times beyond 2038. Other machines do so anyway.
# There the definitions would only change the symbols of open, pwrite and others (open64), and tests
# that wrap these calls would miss them.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    target_compile_definitions(tblog_options_generated INTERFACE
        _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()
if(SANITIZE)
    target_compile_options(tblog_options_generated INTERFACE
        $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:
            -fsanitize=${SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all>)
    target_link_options(tblog_options_generated INTERFACE -fsanitize=${SANITIZE})
endif()

add_library(tblog_options INTERFACE)
target_link_libraries(tblog_options INTERFACE tblog_options_generated)
target_compile_options(tblog_options INTERFACE
    $<$<NOT:$<COMPILE_LANGUAGE:CUDA>>:
        -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wvla
        $<$<BOOL:${WARNINGS_AS_ERRORS}>:-Werror>
        # No contraction, so that the bits of sums do not depend on what the compiler would fuse.
        -ffp-contract=off>
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>)

# tblog_make_part_of_library(target): its objects go into libtblog. They have machine code even if
# the project is built with -flto; otherwise their names could not be hidden in the static library.
function(tblog_make_part_of_library target)
    set_target_properties(${target} PROPERTIES
        POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden INTERPROCEDURAL_OPTIMIZATION OFF)
    target_compile_options(${target} PRIVATE -fno-lto)
endfunction()

# The name for all that is not part of tblog. Another project may use this name for its own target.
if(is_top_level)
    add_library(project_options ALIAS tblog_options)
endif()
