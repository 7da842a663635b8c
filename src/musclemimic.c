/* >>implementation: the one file of the library */
#define MUSCLEMIMIC_PRIVATE
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
