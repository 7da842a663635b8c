# make            the program build/musclemimic and the library build/libmusclemimic.a
# make demo       installs what is missing, builds, retargets a clip, trains, evaluates
# make test       every test; ends with the line "N passed, N failed"

CC ?= cc
CXX ?= c++
PREFIX ?= /usr/local
B ?= build
CFLAGS ?= -O2 -g
TEST_CFLAGS ?= -O0
JOBS ?= $(shell nproc)
DEFINES ?=
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Werror
PACKAGES = hdf5 expat zlib
MM_CFLAGS = -std=c99 -I. $(DEFINES) $(WARNINGS) $(shell pkg-config --cflags $(PACKAGES))
MM_LIBS = $(shell pkg-config --libs $(PACKAGES)) -lOpenCL -lclblast -lclFFT -lopenblas -lpthread -lm
YAML_CFLAGS = $(shell pkg-config --cflags yaml-0.1)
YAML_LIBS = $(shell pkg-config --libs yaml-0.1)

PARTS = $(shell awk '!/^\#/ { print $$2 }' ci/parts)
PROGRAM = $(patsubst %.c,$(B)/%.o,$(wildcard examples/musclemimic/*.c))
EXAMPLES = $(patsubst examples/%.c,$(B)/examples/%,$(wildcard examples/*.c))
TESTS = $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/t_*.c))

# MODEL and CLIP of make demo: MODEL=fullbody CLIP=walk_poses.npz, or nothing for the small model and its own clip
MODEL ?=
CLIP ?=
SECONDS ?= 600
NAMES ?=

.PHONY: all header header-check check-header check-install lint demo test check-sanitize check-races check-gpu-compile stability parity check-numbers bench retarget-table fuzz models format install clean
.DELETE_ON_ERROR:

all: $(B)/musclemimic $(B)/libmusclemimic.a $(EXAMPLES)

header: musclemimic.h
musclemimic.h: $(PARTS) ci/parts ci/header src/base/manual.h src/base/includes.h src/base/native_pass.h
	ci/header > $@.new
	mv $@.new $@

header-check:
	@mkdir -p $(B)
	@ci/header > $(B)/musclemimic.h
	@cmp -s $(B)/musclemimic.h musclemimic.h || { echo 'musclemimic.h is generated: run make header and commit it'; exit 1; }

$(B)/musclemimic.o: src/musclemimic.c musclemimic.h
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(CFLAGS) -c $< -o $@

$(B)/libmusclemimic.a: $(B)/musclemimic.o
	rm -f $@
	ar rcs $@ $<

$(B)/examples/%.o: examples/%.c musclemimic.h $(wildcard examples/musclemimic/*.h)
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(YAML_CFLAGS) $(CFLAGS) -c $< -o $@

$(B)/musclemimic: $(PROGRAM) $(B)/libmusclemimic.a
	$(CC) $(CFLAGS) $^ -o $@ $(MM_LIBS) $(YAML_LIBS)

$(B)/examples/%: $(B)/examples/%.o $(B)/libmusclemimic.a
	$(CC) $(CFLAGS) $^ -o $@ $(MM_LIBS)

# a test that reaches private functions includes the implementation itself, and then takes nothing from the library
$(B)/tests/%: tests/%.c $(wildcard tests/*.h) musclemimic.h $(B)/libmusclemimic.a
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(TEST_CFLAGS) $< $(B)/libmusclemimic.a -o $@ -lcmocka $(MM_LIBS)

$(B)/stability: bench/stability.c musclemimic.h $(B)/libmusclemimic.a
	$(CC) $(MM_CFLAGS) $(CFLAGS) $< $(B)/libmusclemimic.a -o $@ $(MM_LIBS)

test: header-check lint
	$(MAKE) -j$(JOBS) all $(TESTS)
	ci/test $(B)

demo:
	ci/install
	$(MAKE) -j$(JOBS) all
	ci/demo $(MODEL) $(CLIP)

# The tests on the native backend under AddressSanitizer and UBSan. Tests that include the implementation are not
# optimised: under the sanitizers that takes four times as long to compile.
SANITIZE = -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
check-sanitize:
	$(MAKE) B=build/sanitize DEFINES=-DMUSCLEMIMIC_NO_OPENCL CFLAGS='-O1 $(SANITIZE)' TEST_CFLAGS='-O0 $(SANITIZE)' test

# lanes that touch each other's numbers; kernels compiled as a GPU gets them
check-races:
	ci/check-races
check-gpu-compile:
	ci/check-gpu-compile

# the rules of the source that a machine can check
lint:
	@ci/lint

# a C file and a C++ file of three lines, with and without each part that can be left out
check-header:
	ci/check-header

# what a test in Python asks of private functions
$(B)/tests/%_probe: tests/oracle/%_probe.c tests/oracle/probe.h musclemimic.h
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(TEST_CFLAGS) $< -o $@ $(MM_LIBS)

# make install into an empty folder, and programs built from what is there alone
check-install: $(B)/musclemimic
	ci/check-install

# every field against MuJoCo, live (needs Python with mujoco, numpy and h5py: ci/python)
parity: $(B)/musclemimic $(B)/tests/env_probe
	ci/parity

# the learner against PyTorch, spectra and filters against SciPy
check-numbers: $(B)/musclemimic $(B)/tests/learn_probe
	ci/check-numbers

bench: $(B)/musclemimic $(B)/bench_learn
	ci/bench

# 1,000 environments of each model for 20 s; needs Python as parity does
stability: $(B)/stability
	ci/stability -o bench/results/stability.txt

# every method on the real clips beside the repository, and in MuJoCo; needs Python as parity does
retarget-table: $(B)/musclemimic
	ci/retarget-table > $(B)/retarget.txt
	mv $(B)/retarget.txt bench/results/retarget.txt

# every reader of files for 10 minutes; SECONDS=60 NAMES="bvh amc" for less
fuzz:
	ci/fuzz $(SECONDS) $(NAMES)

format:
	ci/lint --fix

models:
	ci/models

install: $(B)/musclemimic $(B)/libmusclemimic.a
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 755 $(B)/musclemimic $(DESTDIR)$(PREFIX)/bin/musclemimic
	install -m 644 musclemimic.h $(DESTDIR)$(PREFIX)/include/musclemimic.h
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(shell sed -n 's/^.define MM_VERSION "\(.*\)"/\1/p' src/base/base.h)|' ci/musclemimic.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/musclemimic.pc

clean:
	rm -rf $(B)
