# The CUDA backend: OFF, ON (needs nvcc), or EMULATED (the same kernels on the processor, for tests).
set(CONCLAVE_CUDA OFF CACHE STRING "The CUDA backend: OFF, ON or EMULATED")
set_property(CACHE CONCLAVE_CUDA PROPERTY STRINGS OFF ON EMULATED)
if(NOT CONCLAVE_CUDA MATCHES "^(OFF|ON|EMULATED)$")
  message(FATAL_ERROR "CONCLAVE_CUDA is \"${CONCLAVE_CUDA}\"; it can be OFF, ON or EMULATED")
endif()
if(CONCLAVE_CUDA STREQUAL EMULATED AND NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  message(FATAL_ERROR "CONCLAVE_CUDA=EMULATED switches stacks as x86-64 does; on ${CMAKE_SYSTEM_PROCESSOR} use ON or OFF")
endif()

if(CONCLAVE_CUDA STREQUAL ON)
  # Turing to Blackwell; each gets machine code, and the last also code for what comes after it.
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90-real 100-real 120 CACHE STRING "Compute capabilities")
  set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER} CACHE FILEPATH "What nvcc compiles the host's part with")
  enable_language(CUDA)
endif()

# conclave_cuda_sources(TARGET SOURCES ...): adds .cu files to a target: for a GPU, or for the processor. There loads and
# stores are instrumented, and engine/src/device/emulated/access.cpp takes the place of the sanitizer's own library.
function(conclave_cuda_sources target)
  target_sources(${target} PRIVATE ${ARGN})
  if(CONCLAVE_CUDA STREQUAL EMULATED)
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES
      LANGUAGE CXX
      COMPILE_OPTIONS "-fsanitize=thread;--param=tsan-instrument-func-entry-exit=0;-fno-tree-vectorize;-Wno-tsan"
      COMPILE_DEFINITIONS CONCLAVE_CUDA_EMULATED)
    target_link_libraries(${target} PRIVATE cuda_emulation)
  else()
    set_target_properties(${target} PROPERTIES CUDA_VISIBILITY_PRESET hidden)
    target_compile_options(${target} PRIVATE
      "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;--expt-relaxed-constexpr;-lineinfo;--Werror=all-warnings>")
  endif()
endfunction()
