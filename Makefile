# make            the program build/musclemimic and the library build/libmusclemimic.a
# make demo       installs what is missing, builds, retargets a clip, trains, evaluates
# make test       every test; ends with the line "N passed, N failed"

CC ?= cc
CXX ?= c++
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wconversion -Werror
PACKAGES = hdf5 expat zlib
MM_CFLAGS = -std=c99 -D_POSIX_C_SOURCE=200809L -I. $(WARNINGS) $(shell pkg-config --cflags $(PACKAGES))
MM_LIBS = $(shell pkg-config --libs $(PACKAGES)) -lOpenCL -lclblast -lopenblas -lpthread -lm

PARTS = $(shell awk '!/^\#/ { print $$2 }' ci/parts)
PROGRAM = $(patsubst %.c,build/%.o,$(wildcard examples/musclemimic/*.c))
EXAMPLES = $(patsubst examples/%.c,build/examples/%,$(wildcard examples/*.c))
TESTS = $(patsubst tests/%.c,build/tests/%,$(wildcard tests/t_*.c))

.PHONY: all header header-check demo test check-sanitize parity bench models format install clean
.DELETE_ON_ERROR:

all: build/musclemimic build/libmusclemimic.a $(EXAMPLES)

header: musclemimic.h
musclemimic.h: $(PARTS) ci/parts ci/header src/base/manual.h src/base/includes.h src/base/native_pass.h
	ci/header > $@.new
	mv $@.new $@

header-check:
	@mkdir -p build
	@ci/header > build/musclemimic.h
	@cmp -s build/musclemimic.h musclemimic.h || { echo 'musclemimic.h is generated: run make header and commit it'; exit 1; }

build/musclemimic.o: src/musclemimic.c musclemimic.h
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(CFLAGS) -c $< -o $@

build/libmusclemimic.a: build/musclemimic.o
	rm -f $@
	ar rcs $@ $<

build/examples/%.o: examples/%.c musclemimic.h $(wildcard examples/musclemimic/*.h)
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(CFLAGS) -c $< -o $@

build/musclemimic: $(PROGRAM) build/libmusclemimic.a
	$(CC) $(CFLAGS) $^ -o $@ $(MM_LIBS)

build/examples/%: build/examples/%.o build/libmusclemimic.a
	$(CC) $(CFLAGS) $^ -o $@ $(MM_LIBS)

# a test that reaches private functions includes the implementation itself, and then takes nothing from the library
build/tests/%: tests/%.c musclemimic.h build/libmusclemimic.a
	@mkdir -p $(@D)
	$(CC) $(MM_CFLAGS) $(CFLAGS) $< build/libmusclemimic.a -o $@ -lcmocka $(MM_LIBS)

test: header-check all $(TESTS)
	ci/test build

check-sanitize:
	ci/sanitize

format:
	clang-format -i $(PARTS) $(wildcard examples/*.c examples/*/*.c examples/*/*.h tests/*.c bench/*.c)

models:
	ci/models

install: build/musclemimic build/libmusclemimic.a
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 755 build/musclemimic $(DESTDIR)$(PREFIX)/bin/musclemimic
	install -m 644 musclemimic.h $(DESTDIR)$(PREFIX)/include/musclemimic.h
	sed 's|@PREFIX@|$(PREFIX)|' ci/musclemimic.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/musclemimic.pc

clean:
	rm -rf build
