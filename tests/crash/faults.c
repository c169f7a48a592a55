/* Fault injection for crash tests: preload this into a process and every operation that changes a file
 * below FAULT_ROOT is counted, over all processes that share FAULT_STATE.
 *
 * The fault strikes at the FAULT_AT-th operation called FAULT_NAME whose path below the root matches the
 * glob FAULT_PATH: threads and temporary names make plain numbers differ from run to run.
 *
 *   FAULT_MODE=log      log only
 *   FAULT_MODE=kill     SIGKILL just before that operation
 *   FAULT_MODE=torn     do half of it (a write) or all of it (any other), then SIGKILL
 *   FAULT_MODE=enospc   that operation and all later ones that need space fail: disk full
 *   FAULT_LOG           file that receives one line "number pid name path" per operation; a "!" before
 *                       the number marks the one that was struck
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum mode { MODE_OFF, MODE_LOG, MODE_KILL, MODE_TORN, MODE_ENOSPC };
enum verdict { PASS, FAIL, TEAR };

static enum mode mode = MODE_OFF;
static char root[PATH_MAX];
static size_t root_length;
static const char *fault_name = "", *fault_path = "";
static long fault_at = -1;
static int log_handle = -1;
/* Shared by all processes of a run. */
static struct state { _Atomic long operations, matches; _Atomic int full; } *state;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("FAULT_MODE"), *folder = getenv("FAULT_ROOT"), *file = getenv("FAULT_STATE");
    if (!text || !folder || !file) return;
    snprintf(root, sizeof root, "%s/", folder);
    root_length = strlen(root);
    int handle = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (handle < 0 || syscall(SYS_ftruncate, handle, sizeof *state) != 0) abort();
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    if (state == MAP_FAILED) abort();
    if (getenv("FAULT_AT")) fault_at = atol(getenv("FAULT_AT"));
    if (getenv("FAULT_NAME")) fault_name = getenv("FAULT_NAME");
    if (getenv("FAULT_PATH")) fault_path = getenv("FAULT_PATH");
    if (getenv("FAULT_LOG"))
        log_handle = (int)syscall(SYS_openat, AT_FDCWD, getenv("FAULT_LOG"),
                                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    mode = !strcmp(text, "kill") ? MODE_KILL : !strcmp(text, "torn") ? MODE_TORN
         : !strcmp(text, "enospc") ? MODE_ENOSPC : MODE_LOG;
}

static void die(void) {
    syscall(SYS_kill, (int)syscall(SYS_getpid), SIGKILL);
    for (;;) sleep(1);
}

/* Count one operation and say what is to happen to it. */
static enum verdict judge(const char *name, const char *path, int frees_space) {
    if (mode == MODE_OFF || strncmp(path, root, root_length) != 0) return PASS;
    const char *relative = path + root_length;
    long number = atomic_fetch_add(&state->operations, 1) + 1;
    int struck = mode != MODE_LOG && !strcmp(name, fault_name) &&
                 !fnmatch(fault_path, relative, FNM_PATHNAME) &&
                 atomic_fetch_add(&state->matches, 1) + 1 == fault_at;
    if (log_handle >= 0) {
        char line[PATH_MAX + 128];
        int size = snprintf(line, sizeof line, "%s%ld %ld %s %s\n", struck ? "!" : "", number,
                            (long)syscall(SYS_getpid), name, relative);
        if (size > 0) syscall(SYS_write, log_handle, line, (size_t)size);
    }
    if (struck && mode == MODE_KILL) die();
    if (struck && mode == MODE_TORN) return TEAR;
    if (struck && mode == MODE_ENOSPC) atomic_store(&state->full, 1);
    return atomic_load(&state->full) && !frees_space ? FAIL : PASS;
}

static void absolute(int folder, const char *path, char *result) {
    char base[PATH_MAX], link[64];
    if (path[0] == '/') { snprintf(result, PATH_MAX, "%s", path); return; }
    if (folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) base[0] = 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t size = readlink(link, base, sizeof base - 1);
        base[size < 0 ? 0 : size] = 0;
    }
    if (snprintf(result, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) result[0] = 0;
}

static enum verdict judge_path(const char *name, int folder, const char *path, int frees_space) {
    int before = errno;
    char full[PATH_MAX];
    if (mode == MODE_OFF) return PASS;
    absolute(folder, path, full);
    enum verdict verdict = judge(name, full, frees_space);
    errno = before;
    return verdict;
}

static enum verdict judge_handle_freeing(const char *name, int handle, int frees_space) {
    int before = errno;
    char full[PATH_MAX], link[64];
    if (mode == MODE_OFF) return PASS;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, full, sizeof full - 1);
    enum verdict verdict = PASS;
    if (size > 0) { full[size] = 0; verdict = judge(name, full, frees_space); }
    errno = before;
    return verdict;
}

static enum verdict judge_handle(const char *name, int handle) { return judge_handle_freeing(name, handle, 0); }

/* To cut a file needs no space, to make it longer does. */
static enum verdict judge_truncation(int handle, off64_t size) {
    struct stat status;
    return judge_handle_freeing("ftruncate", handle, fstat(handle, &status) == 0 && size <= status.st_size);
}

/* A whole operation that cannot be halved: fail it, or do it and die, or do it. */
#define WHOLE(judged, call) \
    do { \
        enum verdict what = (judged); \
        if (what == FAIL) { errno = ENOSPC; return -1; } \
        int result = (int)(call); \
        if (what == TEAR) die(); \
        return result; \
    } while (0)

/* A write: fail it, or do half and die, or do it. */
#define WRITE(judged, half, whole) \
    do { \
        enum verdict what = (judged); \
        if (what == FAIL) { errno = ENOSPC; return -1; } \
        if (what == TEAR) { (void)!(half); die(); } \
        return (whole); \
    } while (0)

ssize_t write(int handle, const void *data, size_t size) {
    REAL(write);
    WRITE(judge_handle("write", handle), real(handle, data, size / 2), real(handle, data, size));
}

ssize_t pwrite(int handle, const void *data, size_t size, off_t offset) {
    REAL(pwrite);
    WRITE(judge_handle("pwrite", handle), real(handle, data, size / 2, offset), real(handle, data, size, offset));
}

ssize_t pwrite64(int handle, const void *data, size_t size, off64_t offset) {
    REAL(pwrite64);
    WRITE(judge_handle("pwrite", handle), real(handle, data, size / 2, offset), real(handle, data, size, offset));
}

ssize_t writev(int handle, const struct iovec *parts, int count) {
    REAL(writev);
    WRITE(judge_handle("writev", handle),
          count ? write(handle, parts[0].iov_base, parts[0].iov_len / 2) : 0, real(handle, parts, count));
}

ssize_t sendfile(int target, int source, off_t *offset, size_t size) {
    REAL(sendfile);
    WRITE(judge_handle("sendfile", target), real(target, source, offset, size / 2), real(target, source, offset, size));
}

ssize_t sendfile64(int target, int source, off64_t *offset, size_t size) {
    REAL(sendfile64);
    WRITE(judge_handle("sendfile", target), real(target, source, offset, size / 2), real(target, source, offset, size));
}

ssize_t copy_file_range(int source, off64_t *from, int target, off64_t *to, size_t size, unsigned flags) {
    REAL(copy_file_range);
    WRITE(judge_handle("copy_file_range", target), real(source, from, target, to, size / 2, flags),
          real(source, from, target, to, size, flags));
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *stream) {
    REAL(fwrite);
    enum verdict what = judge_handle("fwrite", fileno(stream));
    if (what == FAIL) { errno = ENOSPC; return 0; }
    if (what == TEAR) {
        (void)!real(data, 1, size * count / 2, stream);
        fflush(stream);
        die();
    }
    return real(data, size, count, stream);
}

int fsync(int handle) { REAL(fsync); WHOLE(judge_handle("fsync", handle), real(handle)); }
int fdatasync(int handle) { REAL(fdatasync); WHOLE(judge_handle("fdatasync", handle), real(handle)); }

int ftruncate(int handle, off_t size) {
    REAL(ftruncate);
    WHOLE(judge_truncation(handle, size), real(handle, size));
}

int ftruncate64(int handle, off64_t size) {
    REAL(ftruncate64);
    WHOLE(judge_truncation(handle, size), real(handle, size));
}

int posix_fallocate(int handle, off_t offset, off_t size) {
    REAL(posix_fallocate);
    enum verdict what = judge_handle("fallocate", handle);
    if (what == FAIL) return ENOSPC;
    int result = real(handle, offset, size);
    if (what == TEAR) die();
    return result;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    WHOLE(judge_path("rename", AT_FDCWD, to, 0), real(from, to));
}

int renameat(int source, const char *from, int target, const char *to) {
    REAL(renameat);
    WHOLE(judge_path("rename", target, to, 0), real(source, from, target, to));
}

int renameat2(int source, const char *from, int target, const char *to, unsigned flags) {
    REAL(renameat2);
    WHOLE(judge_path("rename", target, to, 0), real(source, from, target, to, flags));
}

int link(const char *from, const char *to) {
    REAL(link);
    WHOLE(judge_path("link", AT_FDCWD, to, 0), real(from, to));
}

int unlink(const char *path) { REAL(unlink); WHOLE(judge_path("unlink", AT_FDCWD, path, 1), real(path)); }

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    WHOLE(judge_path("unlink", folder, path, 1), real(folder, path, flags));
}

int rmdir(const char *path) { REAL(rmdir); WHOLE(judge_path("rmdir", AT_FDCWD, path, 1), real(path)); }

int mkdir(const char *path, mode_t rights) {
    REAL(mkdir);
    WHOLE(judge_path("mkdir", AT_FDCWD, path, 0), real(path, rights));
}

int mkdirat(int folder, const char *path, mode_t rights) {
    REAL(mkdirat);
    WHOLE(judge_path("mkdir", folder, path, 0), real(folder, path, rights));
}

/* Opening counts when it may create or empty a file. */
#define OPEN(folder, path, flags, call) \
    do { \
        mode_t rights = 0; \
        if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) { \
            va_list rest; va_start(rest, flags); rights = va_arg(rest, mode_t); va_end(rest); \
        } \
        if ((flags) & (O_CREAT | O_TRUNC)) WHOLE(judge_path("create", folder, path, 0), call); \
        return (call); \
    } while (0)

int open(const char *path, int flags, ...) {
    REAL(open);
    OPEN(AT_FDCWD, path, flags, real(path, flags, rights));
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    OPEN(AT_FDCWD, path, flags, real(path, flags, rights));
}

int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    OPEN(folder, path, flags, real(folder, path, flags, rights));
}

int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64);
    OPEN(folder, path, flags, real(folder, path, flags, rights));
}

static FILE *judged_fopen(FILE *(*real)(const char *, const char *), const char *path, const char *how) {
    enum verdict what = PASS;
    if (strchr(how, 'w') || strchr(how, 'a')) what = judge_path("create", AT_FDCWD, path, 0);
    if (what == FAIL) { errno = ENOSPC; return NULL; }
    FILE *stream = real(path, how);
    if (what == TEAR) die();
    return stream;
}

FILE *fopen(const char *path, const char *how) { REAL(fopen); return judged_fopen(real, path, how); }
FILE *fopen64(const char *path, const char *how) { REAL(fopen64); return judged_fopen(real, path, how); }
