#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
