/* >>includes: what the implementation takes from the system and from other libraries */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <expat.h>
#include <zlib.h>
#ifndef MUSCLEMIMIC_NO_HDF5
#include <hdf5.h>
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#endif
#ifndef MUSCLEMIMIC_NO_CBLAS
#include <cblas.h>
#endif
#ifndef MUSCLEMIMIC_NO_OPENCL
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#ifdef __APPLE__
#include <OpenCL/opencl.h>
#else
#include <CL/cl.h>
#endif
#ifndef MUSCLEMIMIC_NO_CLBLAST
#include <clblast_c.h>
#endif
#ifndef MUSCLEMIMIC_NO_CLFFT
#include <clFFT.h>
#endif
#endif
