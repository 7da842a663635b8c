#define MUSCLEMIMIC_PRIVATE
#define MUSCLEMIMIC_IMPLEMENTATION
#include "musclemimic.h"
