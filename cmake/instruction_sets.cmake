# INSTRUCTION_SETS: those for which the CPU engine's layers are compiled, each from the same
# sources. ISA_<name>: the compiler options of each.
set(INSTRUCTION_SETS portable)
set(ISA_portable)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(APPEND INSTRUCTION_SETS avx2 avx512)
    set(ISA_avx2 -DCPU_ISA_AVX2 -mavx2 -mfma)
    set(ISA_avx512 -DCPU_ISA_AVX512 -mavx512f -mavx512bw -mavx512vl -mavx512dq -mfma
        -mprefer-vector-width=512)
endif()
