/* Put before the C library by a test: while the file that SYNC_FAILS names is there, nothing can be synced. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(void) {
    const char *file = getenv("SYNC_FAILS");
    if (file == NULL || access(file, F_OK) != 0) {
        return 0;
    }
    errno = EIO;
    return 1;
}

int fsync(int file) { return fails() ? -1 : (int)syscall(SYS_fsync, file); }

int fdatasync(int file) { return fails() ? -1 : (int)syscall(SYS_fdatasync, file); }
