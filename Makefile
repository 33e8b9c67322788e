# SPDX-License-Identifier: GPL-2.0
#
# The short way to the scripts; kbuild itself reads Kbuild.

KDIR ?= $(shell scripts/find-headers)
KERNEL ?= plain
PREFIX ?= /usr/local

all: modules

# Sets the shell's kdir and release. Debian's headers have the name of the release in
# utsrelease.h only.
kernel = kdir='$(KDIR)'; [ -n "$$kdir" ] || exit 1; \
	release=$$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$$kdir/include/generated/utsrelease.h" 2>/dev/null) || { \
		echo "KDIR=$$kdir is not the build directory of a configured kernel" >&2; exit 1; }

# The leading + hands make's job slots on.
modules samples:
	+@$(kernel); scripts/kernel-range allow "$$release" || exit 1; \
	scripts/build-modules "$$kdir" "build/$$release" $(if $(filter samples,$@),LABYRINTH_SAMPLES=1) >/dev/null && \
	echo "Built for $$release: build/$$release/src/labyrinth.ko$(if $(filter samples,$@), and samples/ beside it)"

export DESTDIR PREFIX

install: modules
	+@$(kernel); scripts/install-module "$$kdir" "build/$$release" && \
	scripts/install-tools dev tools && \
	echo "Installed in $(DESTDIR)$(PREFIX): header, commands, manuals; 'make install-doc' adds the documentation"

install-doc:
	@scripts/install-tools doc

# Of another kernel's module only that one goes, if KDIR names it.
uninstall:
	@scripts/install-module --uninstall $(if $(filter-out file undefined,$(origin KDIR)),'$(KDIR)') && \
	scripts/install-tools --uninstall dev tools doc && \
	echo 'Removed from $(DESTDIR)$(PREFIX)'

# DKMS rebuilds it for each kernel that comes.
install-dkms:
	@$(if $(DESTDIR),kdir=,$(kernel)); scripts/install-dkms "$$kdir"

uninstall-dkms:
	@scripts/install-dkms --uninstall

demo:
	@scripts/demo

demo-net:
	@scripts/demo-net $(if $(SHORT),--short,--doc)

check:
	@scripts/check '$(KERNEL)'

lint:
	@scripts/lint

drawings:
	@scripts/drawings

bench:
	@scripts/bench --doc $(PLATFORMS)

bench-gate:
	@scripts/bench-gate

check-smp check-sanitizers check-models check-dma check-sizing check-leaks check-trace bench-readers check-command check-metrics check-audit audit-proof screenshots check-migrate check-fresh release-check:
	@scripts/$@

# One word for who passes it on; make's own comma would be taken for an argument's end.
comma := ,
check-signing:
	@scripts/check-signing $(subst $(comma), ,$(PARTS))

check-readers:
	@scripts/check-readers $(if $(SECONDS),--seconds '$(SECONDS)') $(if $(SEED),--seed '$(SEED)') $(ON)

matrix:
	@scripts/matrix $(if $(REDO),--redo) $(CELLS)

check-kernels:
	@scripts/check-kernels $(if $(SECONDS),--seconds '$(SECONDS)') $(FLAVOURS)

# KERNEL has a default that is for check alone.
torture:
	@scripts/torture $(if $(SECONDS),--seconds '$(SECONDS)') $(if $(SEED),--seed '$(SEED)') \
		$(if $(ON),--on '$(ON)') $(if $(filter line environment,$(origin KERNEL)),--kernel '$(KERNEL)')

# Each keeps what it found in build/results; the page is made of that.
reliability:
	@rm -rf build/results; status=0; \
	for step in 'check plain' 'check debug' check-models check-kernels check-smp \
		'check-sanitizers --without-check' 'torture --on uml' 'torture --on uml-smp'; do \
		scripts/$$step || status=1; \
	done; \
	scripts/reliability || status=1; \
	exit $$status

htmldocs check-docs docs-picture:
	@scripts/$@

deb:
	@scripts/make-deb $(if $(TWICE),--twice)

check-packages check-dkms check-dependents:
	@scripts/$@ $(SUITES)

clean:
	rm -rf build

help:
	@echo 'make            build labyrinth.ko against the kernel headers of this machine;'
	@echo '                KDIR=<dir> for another kernel, W=1 C=2 LLVM=1 as in the kernel'
	@echo 'make samples    the same and the modules that show its use'
	@echo 'make install    the module for that kernel, header, commands, manuals; DESTDIR, PREFIX'
	@echo 'make uninstall  removes all of that, for all kernels'
	@echo 'make install-dkms  has DKMS build it for each kernel that comes; make uninstall-dkms'
	@echo 'make demo       see it work, in a virtual machine'
	@echo 'make demo-net   the same with network traffic, and Documentation/networking.md; SHORT=1'
	@echo 'make check      all tests, in a virtual machine; KERNEL=debug: with KASAN, lockdep, kmemleak'
	@echo 'make lint       sparse, gcc -fanalyzer, coccinelle, checkpatch and their like'
	@echo 'make check-smp  the same on several CPUs of a UML guest, and torture'
	@echo 'make check-sanitizers  everything under KASAN, KCSAN, lockdep and their like'
	@echo 'make check-dma  pages that devices reach: a real one in QEMU, with an IOMMU and without'
	@echo 'make check-leaks  3 of 1,000,000 pages are forgotten, and found by name'
	@echo 'make check-trace  the events labyrinth:*, with ftrace, perf, trace-cmd and bpftrace'
	@echo 'make check-readers  while zones are tortured, does any reader see what cannot be?'
	@echo '                SECONDS=<n>, SEED=<n>, ON=debug or smp'
	@echo 'make check-command  the labyrinth command, over files and in a virtual machine'
	@echo 'make check-metrics  its metrics through node_exporter and Prometheus to an alert'
	@echo 'make check-audit  the rules of scripts/labyrinth-audit over their fixtures, and the command'
	@echo 'make audit-proof  the audit over a kernel'\''s drivers: how often is each rule right?'
	@echo 'make check-migrate  two of the kernel'\''s drivers moved to a zone, and their traffic'
	@echo 'make check-dependents  modules of others, built with an installed Labyrinth by make alone; SUITES="…"'
	@echo 'make release-check  is what is committed a release? Documentation/releasing.rst'
	@echo 'make check-signing  signed modules and others on Debian'\''s kernel, with Secure Boot and without,'
	@echo '                and DKMS signing them, as root; PARTS=stock,secure-boot,dkms'
	@echo 'make check-dkms  DKMS, make install and make uninstall in a clean Debian 12 and 13; as root; SUITES="…"'
	@echo 'make check-fresh  the two commands of the README in a Debian that has only git and make'
	@echo 'make screenshots  the pictures of it in Documentation'
	@echo 'make drawings   the drawings in Documentation/drawings, with graphviz'
	@echo 'make check-kernels  everything on kernels of Debian'\''s own, in QEMU; FLAVOURS="6.1-amd64 …"'
	@echo 'make matrix     each supported kernel of Debian'\''s with gcc and clang, and'
	@echo '                Documentation/kernels.rst; goes on where it was; CELLS="7.x-gcc …", REDO=1'
	@echo 'make check-models  what is lock-free, searched exhaustively by spin'
	@echo 'make check-sizing  is the reserve that a zone recommends the one that it needs?'
	@echo 'make torture    everything at once, and nothing may be lost; SECONDS=<n>, SEED=<n>,'
	@echo '                ON=uml, uml-smp or qemu'
	@echo 'make bench      measure it beside others, and Documentation/performance.md;'
	@echo '                PLATFORMS="icount native smp"'
	@echo 'make bench-readers  does it slow a zone down that somebody reads its files?'
	@echo 'make bench-gate  has anything become dearer than tests/bench/budget?'
	@echo 'make reliability  all of these, and Documentation/reliability.md from what they found'
	@echo 'make htmldocs   the documentation as a site, in build/htmldocs'
	@echo 'make check-docs  that site: no warning, no dead link, all code compiled, all commands known'
	@echo 'make docs-picture  the same site in a browser: build/htmldocs.png'
	@echo 'make deb        the Debian packages of what is committed, in build/deb; TWICE=1: the same twice?'
	@echo 'make check-packages  they are installed, booted, upgraded and purged on Debian 12 and 13;'
	@echo '                SUITES="…"'
	@echo 'make clean      remove build/ (kernels stay in ~/.cache/labyrinth)'

.PHONY: all modules samples install install-doc uninstall install-dkms uninstall-dkms demo demo-net check lint check-kernels check-smp check-sanitizers check-models check-dma check-sizing check-leaks check-readers check-trace bench-readers check-command check-metrics screenshots check-audit audit-proof check-migrate check-fresh check-dependents release-check htmldocs docs-picture check-docs drawings deb check-packages check-signing check-dkms matrix torture bench bench-gate reliability clean help
