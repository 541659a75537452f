# The instruction sets that code of the CPU engine is compiled for, each from the same sources:
# INSTRUCTION_SETS, and ISA_name, the options of each.
set(INSTRUCTION_SETS portable)
set(ISA_portable)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(APPEND INSTRUCTION_SETS avx2 avx512)
    set(ISA_avx2 -DCPU_ISA_AVX2 -mavx2 -mfma)
    set(ISA_avx512 -DCPU_ISA_AVX512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma
        -mprefer-vector-width=512)
endif()
