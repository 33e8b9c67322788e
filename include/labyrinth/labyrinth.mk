# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a module that uses Labyrinth, the top one if it has several:
#
#	obj-m := mydriver.o
#	include labyrinth/labyrinth.mk
#
# make looks for it in /usr/local/include and /usr/include by itself. The compiler then
# finds <linux/labyrinth.h>, in that directory and in those below, and modpost the versions
# of Labyrinth's symbols, of the kernel that is built for:
#
#	/lib/modules/<release>/labyrinth/Module.symvers
#
# or LABYRINTH_SYMVERS=<absolute path> on make's command line. If labyrinth.ko is not
# installed for that kernel, or is another one than the file says, make stops and says so.
#
# From a tree of Labyrinth in which make has been run, without installing it:
#
#	make -I <tree>/include
#
# LABYRINTH_TREE=1 is for that tree's own modules, which are built with labyrinth.ko.

ifndef LABYRINTH_TREE

labyrinth-dir := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
# Installed, the header is beside this file.
labyrinth-installed := $(wildcard $(labyrinth-dir)/linux/labyrinth.h)

# Not ccflags-y, which what follows may set anew.
subdir-ccflags-y += -I$(if $(labyrinth-installed),$(labyrinth-dir),$(abspath $(labyrinth-dir)/..))

# Debian 12's headers have another release in kernel.release, and so in KERNELRELEASE.
labyrinth-release := $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(objtree)/include/generated/utsrelease.h 2>/dev/null)
ifeq ($(labyrinth-release),)
labyrinth-release := $(KERNELRELEASE)
endif

# Who names Labyrinth's file to kbuild by hand needs no other one.
labyrinth-named := $(if $(KBUILD_EXTRA_SYMBOLS),$(shell grep -lsw labyrinth_zone_create $(KBUILD_EXTRA_SYMBOLS)))

ifeq ($(labyrinth-named),)

ifneq ($(LABYRINTH_SYMVERS),)
labyrinth-symvers := $(LABYRINTH_SYMVERS)
else ifneq ($(labyrinth-installed),)
labyrinth-symvers := /lib/modules/$(labyrinth-release)/labyrinth/Module.symvers
else
labyrinth-symvers := $(abspath $(labyrinth-dir)/../..)/build/$(labyrinth-release)/Module.symvers
endif

# A Kbuild adds those of others by += behind this; := would lose ours. Only what make's
# command line has needs override, after which make ignores the Kbuild's own assignments.
ifneq ($(filter command override,$(origin KBUILD_EXTRA_SYMBOLS)),)
override KBUILD_EXTRA_SYMBOLS += $(labyrinth-symvers)
else
KBUILD_EXTRA_SYMBOLS += $(labyrinth-symvers)
endif

# Once, before anything is compiled; not for clean and the like. A file that was named by
# hand need not be that of what is installed.
ifneq ($(filter %/Makefile.build,$(MAKEFILE_LIST)),)
ifneq ($(LABYRINTH_SYMVERS),)
ifeq ($(wildcard $(labyrinth-symvers)),)
$(error LABYRINTH_SYMVERS=$(LABYRINTH_SYMVERS): there is no such file; it has to be the absolute path of the Module.symvers of Labyrinth, built for Linux $(labyrinth-release))
endif
else ifneq ($(labyrinth-installed),)
# Installed with this file. It says what is missing or wrong, and what to do.
labyrinth-verdict := $(shell $(labyrinth-dir)/../../bin/labyrinth-symvers verify $(labyrinth-release) 2>&1)
ifneq ($(labyrinth-verdict),)
$(error $(labyrinth-verdict))
endif
else ifeq ($(wildcard $(labyrinth-symvers)),)
$(error Labyrinth has not been built for Linux $(labyrinth-release): $(labyrinth-symvers) is missing; run 'make KDIR=$(abspath $(objtree))' in $(abspath $(labyrinth-dir)/../..))
endif
endif

endif # labyrinth-named
endif # LABYRINTH_TREE
