// The functions of the CUDA driver that cust calls, and one that is newer (cuTensorMapEncodeTiled), each passed on to libcuda.so.1, which is opened at the first call. So a
// program builds and starts without CUDA; without a driver every call fails with CUDA_ERROR_NO_DEVICE, and
// `gradus_driver_problem` says why.
//
// The parameter types have the sizes of those in cuda.h: P a pointer or handle, L a device address, Z a size.
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

typedef void* P;
typedef unsigned long long L;
typedef size_t Z;
typedef int I;
typedef unsigned U;

static const char* problem = NULL;
static char text[256];

static void* driver(void) {
    static void* library = NULL;
    if (library == NULL && problem == NULL) {
        library = dlopen("libcuda.so.1", RTLD_NOW);
        if (library == NULL) {
            snprintf(text, sizeof text, "no NVIDIA driver: libcuda.so.1 could not be opened");
            problem = text;
        }
    }
    return library;
}

// NULL if the driver is there, else one line. Called once before anything else, by one thread.
const char* gradus_driver_problem(void) {
    driver();
    return problem;
}

static void* function(const char* name) {
    void* library = driver();
    return library == NULL ? NULL : dlsym(library, name);
}

// cust_raw knows the status codes of CUDA 11.4 as an enum of Rust, in which another value is undefined behaviour: a newer
// code is printed and becomes CUDA_ERROR_UNKNOWN.
static U known(const char* name, U code) {
    static const unsigned short codes[] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 34, 100, 101, 102, 200, 201, 202, 205, 206, 207, 208, 209, 210, 211, 212, 213,
        214, 215, 216, 217, 218, 219, 220, 221, 222, 223, 224, 300, 301, 302, 303, 304, 400, 401, 500, 600, 700,
        701, 702, 703, 704, 705, 708, 709, 710, 711, 712, 713, 714, 715, 716, 717, 718, 719, 720, 800, 801, 802,
        803, 804, 805, 806, 807, 808, 809, 900, 901, 902, 903, 904, 905, 906, 907, 908, 909, 910, 911, 999,
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i] == code) return code;
    }
    fprintf(stderr, "%s: the CUDA driver answers %u, a code newer than this program\n", name, code);
    return 999;
}

// Without a driver 100 (no device); a function that the driver lacks is 500 (not found).
#define PASS(name, types, values)                                             \
    {                                                                         \
        static U(*to) types = NULL;                                           \
        if (to == NULL) to = (U(*) types)function(#name);                     \
        if (to == NULL) return problem ? 100 : 500;                           \
        return known(#name, to values);                                       \
    }
#define F0(name) \
    U name(void) PASS(name, (void), ())
#define F1(name, T0) \
    U name(T0 a) PASS(name, (T0), (a))
#define F2(name, T0, T1) \
    U name(T0 a, T1 b) PASS(name, (T0, T1), (a, b))
#define F3(name, T0, T1, T2) \
    U name(T0 a, T1 b, T2 c) PASS(name, (T0, T1, T2), (a, b, c))
#define F4(name, T0, T1, T2, T3) \
    U name(T0 a, T1 b, T2 c, T3 d) PASS(name, (T0, T1, T2, T3), (a, b, c, d))
#define F5(name, T0, T1, T2, T3, T4) \
    U name(T0 a, T1 b, T2 c, T3 d, T4 e) PASS(name, (T0, T1, T2, T3, T4), (a, b, c, d, e))
#define F6(name, T0, T1, T2, T3, T4, T5) \
    U name(T0 a, T1 b, T2 c, T3 d, T4 e, T5 f) PASS(name, (T0, T1, T2, T3, T4, T5), (a, b, c, d, e, f))
#define F8(name, T0, T1, T2, T3, T4, T5, T6, T7) \
    U name(T0 a, T1 b, T2 c, T3 d, T4 e, T5 f, T6 g, T7 h) \
    PASS(name, (T0, T1, T2, T3, T4, T5, T6, T7), (a, b, c, d, e, f, g, h))
#define F11(name, T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10) \
    U name(T0 a, T1 b, T2 c, T3 d, T4 e, T5 f, T6 g, T7 h, T8 i, T9 j, T10 k) \
    PASS(name, (T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10), (a, b, c, d, e, f, g, h, i, j, k))
#define F12(name, T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11) \
    U name(T0 a, T1 b, T2 c, T3 d, T4 e, T5 f, T6 g, T7 h, T8 i, T9 j, T10 k, T11 l) \
    PASS(name, (T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11), (a, b, c, d, e, f, g, h, i, j, k, l))

F2(cuArray3DCreate_v2, P, P)
F2(cuArray3DGetDescriptor_v2, P, P)
F1(cuArrayDestroy, P)
F3(cuCtxCreate_v2, P, U, I)
F1(cuCtxDestroy_v2, P)
F2(cuCtxGetApiVersion, P, P)
F1(cuCtxGetCacheConfig, P)
F1(cuCtxGetCurrent, P)
F1(cuCtxGetDevice, P)
F1(cuCtxGetFlags, P)
F2(cuCtxGetLimit, P, U)
F1(cuCtxGetSharedMemConfig, P)
F2(cuCtxGetStreamPriorityRange, P, P)
F1(cuCtxPopCurrent_v2, P)
F1(cuCtxPushCurrent_v2, P)
F1(cuCtxSetCacheConfig, U)
F1(cuCtxSetCurrent, P)
F2(cuCtxSetLimit, U, Z)
F1(cuCtxSetSharedMemConfig, U)
F0(cuCtxSynchronize)
F1(cuDestroyExternalMemory, P)
F2(cuDeviceGet, P, I)
F3(cuDeviceGetAttribute, P, U, I)
F1(cuDeviceGetCount, P)
F3(cuDeviceGetName, P, I, I)
F1(cuDevicePrimaryCtxRelease_v2, I)
F1(cuDevicePrimaryCtxReset_v2, I)
F2(cuDevicePrimaryCtxRetain, P, I)
F2(cuDevicePrimaryCtxSetFlags_v2, I, U)
F2(cuDeviceTotalMem_v2, P, I)
F1(cuDriverGetVersion, P)
F2(cuEventCreate, P, U)
F1(cuEventDestroy_v2, P)
F3(cuEventElapsedTime, P, P, P)
F1(cuEventQuery, P)
F2(cuEventRecord, P, P)
F1(cuEventSynchronize, P)
F3(cuExternalMemoryGetMappedBuffer, P, P, P)
F3(cuFuncGetAttribute, P, U, P)
F3(cuFuncSetAttribute, P, U, I)
F2(cuFuncSetCacheConfig, P, U)
F2(cuFuncSetSharedMemConfig, P, U)
F2(cuGetErrorString, P, P)
F5(cuGraphAddKernelNode, P, P, P, Z, P)
F2(cuGraphCreate, P, U)
F3(cuGraphDebugDotPrint, P, P, U)
F1(cuGraphDestroy, P)
F1(cuGraphExecDestroy, P)
F4(cuGraphGetEdges, P, P, P, P)
F3(cuGraphGetNodes, P, P, P)
F3(cuGraphInstantiateWithFlags, P, P, L)
F2(cuGraphKernelNodeGetParams, P, P)
F2(cuGraphLaunch, P, P)
F2(cuGraphNodeGetType, P, P)
F2(cuImportExternalMemory, P, P)
F1(cuInit, U)
F3(cuLaunchHostFunc, P, P, P)
F11(cuLaunchKernel, P, U, U, U, U, U, U, U, P, P, P)
F8(cuLinkAddData_v2, P, U, P, Z, P, U, P, P)
F3(cuLinkComplete, P, P, P)
F4(cuLinkCreate_v2, U, P, P, P)
F1(cuLinkDestroy, P)
F4(cuMemAdvise, L, Z, U, I)
F3(cuMemAllocAsync, P, Z, P)
F2(cuMemAllocHost_v2, P, Z)
F3(cuMemAllocManaged, P, Z, U)
F2(cuMemAlloc_v2, P, Z)
F2(cuMemFreeAsync, L, P)
F1(cuMemFreeHost, P)
F1(cuMemFree_v2, L)
F2(cuMemGetInfo_v2, P, P)
F4(cuMemPrefetchAsync, L, Z, I, P)
F1(cuMemcpy2D_v2, P)
F4(cuMemcpyAtoH_v2, P, P, Z, Z)
F4(cuMemcpyDtoDAsync_v2, L, L, Z, P)
F3(cuMemcpyDtoD_v2, L, L, Z)
F4(cuMemcpyDtoHAsync_v2, P, L, Z, P)
F3(cuMemcpyDtoH_v2, P, L, Z)
F4(cuMemcpyHtoA_v2, P, Z, P, Z)
F4(cuMemcpyHtoDAsync_v2, L, P, Z, P)
F3(cuMemcpyHtoD_v2, L, P, Z)
F4(cuMemsetD16Async, L, unsigned short, Z, P)
F3(cuMemsetD16_v2, L, unsigned short, Z)
F4(cuMemsetD32Async, L, U, Z, P)
F3(cuMemsetD32_v2, L, U, Z)
F4(cuMemsetD8Async, L, unsigned char, Z, P)
F3(cuMemsetD8_v2, L, unsigned char, Z)
F3(cuModuleGetFunction, P, P, P)
F4(cuModuleGetGlobal_v2, P, P, P, P)
F2(cuModuleLoad, P, P)
F2(cuModuleLoadData, P, P)
F5(cuModuleLoadDataEx, P, P, U, P, P)
F1(cuModuleUnload, P)
F4(cuOccupancyAvailableDynamicSMemPerBlock, P, P, I, I)
F4(cuOccupancyMaxActiveBlocksPerMultiprocessor, P, P, I, Z)
F6(cuOccupancyMaxPotentialBlockSize, P, P, P, P, Z, I)
F2(cuStreamBeginCapture_v2, P, U)
F3(cuStreamCreateWithPriority, P, U, I)
F1(cuStreamDestroy_v2, P)
F2(cuStreamEndCapture, P, P)
F2(cuStreamGetFlags, P, P)
F2(cuStreamGetPriority, P, P)
F1(cuStreamSynchronize, P)
F3(cuStreamWaitEvent, P, P, U)
F2(cuSurfObjectCreate, P, P)
F1(cuSurfObjectDestroy, L)
F2(cuSurfObjectGetResourceDesc, P, L)
F12(cuTensorMapEncodeTiled, P, U, U, P, P, P, P, P, U, U, U, U)
F4(cuTexObjectCreate, P, P, P, P)
F1(cuTexObjectDestroy, L)
F2(cuTexObjectGetResourceDesc, P, L)
F2(cuTexObjectGetResourceViewDesc, P, L)
