# Sets ENGINE_CUDA: is the CUDA engine built? The option CUDA and the installed software decide. The
# engine needs nvcc and cuBLAS: the toolkit's, or else the one that scripts/setup.sh --cuda puts
# into .venv/cublas. If the engine is built, the language CUDA is enabled and the target `cublas`
# exists.

set(CUDA AUTO CACHE STRING "Build the CUDA engine: ON, OFF, or AUTO (if nvcc and cuBLAS are found)")
set_property(CACHE CUDA PROPERTY STRINGS AUTO ON OFF)
set(ENGINE_CUDA OFF)

# Makes the target from the wheel nvidia-cublas for CUDA 13, which has its shared libraries only
# under names with the ABI's number.
function(add_cublas_of_wheel root)
    file(GLOB folder ${root}/lib/python3*/site-packages/nvidia/cu13)
    find_path(CUBLAS_INCLUDE_DIR cublas_v2.h PATHS ${folder}/include NO_DEFAULT_PATH)
    find_file(CUBLAS_LIBRARY NAMES libcublas.so.13 PATHS ${folder}/lib
              NO_DEFAULT_PATH)
    find_file(CUBLASLT_LIBRARY NAMES libcublasLt.so.13 PATHS ${folder}/lib
              NO_DEFAULT_PATH)
    mark_as_advanced(CUBLAS_INCLUDE_DIR CUBLAS_LIBRARY CUBLASLT_LIBRARY)
    if(CUBLAS_INCLUDE_DIR AND CUBLAS_LIBRARY AND CUBLASLT_LIBRARY)
        add_library(cublas_lt SHARED IMPORTED GLOBAL)
        set_target_properties(cublas_lt PROPERTIES IMPORTED_LOCATION ${CUBLASLT_LIBRARY})
        add_library(cublas SHARED IMPORTED GLOBAL)
        set_target_properties(cublas PROPERTIES
            IMPORTED_LOCATION ${CUBLAS_LIBRARY}
            IMPORTED_LINK_DEPENDENT_LIBRARIES cublas_lt
            INTERFACE_INCLUDE_DIRECTORIES ${CUBLAS_INCLUDE_DIR})
    endif()
endfunction()

# Is nvcc older than CUDA 13? The engine is tested only with 13, and scripts/setup.sh --cuda
# installs the cuBLAS of 13.
function(is_nvcc_too_old out)
    execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --version OUTPUT_VARIABLE text ERROR_QUIET)
    set(${out} ON PARENT_SCOPE)
    if(text MATCHES "release ([0-9]+)" AND CMAKE_MATCH_1 GREATER_EQUAL 13)
        set(${out} OFF PARENT_SCOPE)
    endif()
endfunction()

# Sets CMAKE_CUDA_COMPILER in the cache, and prints nothing. It runs the compiler, because nvcc may
# be unable to compile, for example without g++.
function(find_nvcc)
    unset(CMAKE_CUDA_COMPILER CACHE) # it may have been installed since an earlier try
    find_program(NVCC nvcc PATHS /usr/local/cuda/bin)
    mark_as_advanced(NVCC)
    if(NVCC AND NOT DEFINED ENV{CUDACXX})
        set(ENV{CUDACXX} ${NVCC})
    endif()
    set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
    include(CheckLanguage)
    check_language(CUDA)
endfunction()

# The architectures of this machine's GPUs. Without a GPU, the oldest that the engine runs on, also
# as PTX, which the drivers of later GPUs compile. Each further architecture takes nvcc as long as
# the first, so only preset cuda names all of them, for programs that run on other machines.
function(choose_architectures out)
    set(least 80)
    execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
        OUTPUT_VARIABLE capabilities ERROR_QUIET RESULT_VARIABLE failed)
    set(architectures)
    if(NOT failed)
        string(REGEX MATCHALL "[0-9]+\\.[0-9]" capabilities "${capabilities}")
        list(TRANSFORM capabilities REPLACE "\\." "")
        list(REMOVE_DUPLICATES capabilities)
        foreach(capability IN LISTS capabilities)
            if(capability GREATER_EQUAL least)
                list(APPEND architectures ${capability}-real)
            endif()
        endforeach()
    endif()
    if(NOT architectures)
        set(architectures ${least})
    endif()
    set(${out} ${architectures} PARENT_SCOPE)
endfunction()

# Sets `cuda_missing` to what is missing; "" if nothing is.
macro(find_cuda)
    set(cuda_missing "")
    if(NOT CMAKE_CUDA_COMPILER)
        find_nvcc()
    endif()
    if(CMAKE_CUDA_COMPILER)
        is_nvcc_too_old(nvcc_too_old)
    endif()
    if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
        choose_architectures(CMAKE_CUDA_ARCHITECTURES)
    endif()
    if(NOT CMAKE_CUDA_COMPILER)
        set(cuda_missing "no nvcc works here (install CUDA's toolkit 13, and g++)")
    elseif(nvcc_too_old)
        set(cuda_missing "this nvcc is too old (${CMAKE_CUDA_COMPILER}; CUDA 13 is needed)")
    else()
        enable_language(CUDA)
        # We do not use it, but CMake 3.25.1's module fails without it, and CUDA 13's toolkit has
        # none.
        if(NOT TARGET CUDA::nvToolsExt)
            add_library(CUDA::nvToolsExt INTERFACE IMPORTED)
        endif()
        find_package(CUDAToolkit QUIET)
        if(TARGET CUDA::cublas)
            add_library(cublas INTERFACE IMPORTED GLOBAL)
            target_link_libraries(cublas INTERFACE CUDA::cublas)
        else()
            add_cublas_of_wheel(${PROJECT_SOURCE_DIR}/.venv/cublas)
        endif()
        if(NOT TARGET cublas)
            set(cuda_missing "cuBLAS is not here (scripts/setup.sh --cuda provides it)")
        endif()
    endif()
endmacro()

if(CUDA)
    find_cuda()
    if(cuda_missing STREQUAL "")
        set(ENGINE_CUDA ON)
    elseif(CUDA STREQUAL AUTO)
        # NOTICE prints on stderr, because scripts discard CMake's other output.
        message(NOTICE "Without the CUDA engine: ${cuda_missing}")
    else()
        message(FATAL_ERROR "The CUDA engine cannot be built: ${cuda_missing}. "
                "-DCUDA=OFF builds without it.")
    endif()
endif()
