namespace Gantry.Engine.Wasi;

/// <summary>The functions of <c>wasi_snapshot_preview1</c> that the front door uses, under their own names (WASI preview 1, witx).</summary>
/// <remarks>All return an errno of <see cref="WasiError"/>, 0 for success. Pointers are offsets into linear memory, so these only work in wasm.</remarks>
internal static unsafe class Preview1
{
    private const string Module = "wasi_snapshot_preview1";

    [WasmImport(Module, "args_sizes_get")]
    public static extern int args_sizes_get(uint* count, uint* bytes);

    [WasmImport(Module, "args_get")]
    public static extern int args_get(uint* pointers, byte* buffer);

    [WasmImport(Module, "environ_sizes_get")]
    public static extern int environ_sizes_get(uint* count, uint* bytes);

    [WasmImport(Module, "environ_get")]
    public static extern int environ_get(uint* pointers, byte* buffer);

    [WasmImport(Module, "fd_close")]
    public static extern int fd_close(uint fd);

    [WasmImport(Module, "fd_datasync")]
    public static extern int fd_datasync(uint fd);

    [WasmImport(Module, "fd_fdstat_get")]
    public static extern int fd_fdstat_get(uint fd, FdStat* stat);

    [WasmImport(Module, "fd_filestat_get")]
    public static extern int fd_filestat_get(uint fd, FileStat* stat);

    [WasmImport(Module, "fd_filestat_set_size")]
    public static extern int fd_filestat_set_size(uint fd, ulong size);

    [WasmImport(Module, "fd_filestat_set_times")]
    public static extern int fd_filestat_set_times(uint fd, ulong access, ulong modify, uint flags);

    [WasmImport(Module, "fd_pread")]
    public static extern int fd_pread(uint fd, IoVector* vectors, uint count, ulong offset, uint* done);

    [WasmImport(Module, "fd_prestat_get")]
    public static extern int fd_prestat_get(uint fd, PreStat* stat);

    [WasmImport(Module, "fd_prestat_dir_name")]
    public static extern int fd_prestat_dir_name(uint fd, byte* name, uint length);

    [WasmImport(Module, "fd_pwrite")]
    public static extern int fd_pwrite(uint fd, IoVector* vectors, uint count, ulong offset, uint* done);

    [WasmImport(Module, "fd_read")]
    public static extern int fd_read(uint fd, IoVector* vectors, uint count, uint* done);

    [WasmImport(Module, "fd_readdir")]
    public static extern int fd_readdir(uint fd, byte* buffer, uint length, ulong cookie, uint* done);

    [WasmImport(Module, "fd_sync")]
    public static extern int fd_sync(uint fd);

    [WasmImport(Module, "fd_write")]
    public static extern int fd_write(uint fd, IoVector* vectors, uint count, uint* done);

    [WasmImport(Module, "path_create_directory")]
    public static extern int path_create_directory(uint fd, byte* path, uint length);

    [WasmImport(Module, "path_filestat_get")]
    public static extern int path_filestat_get(uint fd, uint lookup, byte* path, uint length, FileStat* stat);

    [WasmImport(Module, "path_filestat_set_times")]
    public static extern int path_filestat_set_times(uint fd, uint lookup, byte* path, uint length, ulong access, ulong modify, uint flags);

    [WasmImport(Module, "path_link")]
    public static extern int path_link(uint oldFd, uint lookup, byte* oldPath, uint oldLength, uint newFd, byte* newPath, uint newLength);

    [WasmImport(Module, "path_open")]
    public static extern int path_open(uint fd, uint lookup, byte* path, uint length, uint openFlags, ulong rights, ulong inheriting, uint fdFlags, uint* opened);

    [WasmImport(Module, "path_readlink")]
    public static extern int path_readlink(uint fd, byte* path, uint length, byte* buffer, uint bufferLength, uint* done);

    [WasmImport(Module, "path_remove_directory")]
    public static extern int path_remove_directory(uint fd, byte* path, uint length);

    [WasmImport(Module, "path_rename")]
    public static extern int path_rename(uint oldFd, byte* oldPath, uint oldLength, uint newFd, byte* newPath, uint newLength);

    [WasmImport(Module, "path_symlink")]
    public static extern int path_symlink(byte* target, uint targetLength, uint fd, byte* path, uint length);

    [WasmImport(Module, "path_unlink_file")]
    public static extern int path_unlink_file(uint fd, byte* path, uint length);

    [WasmImport(Module, "poll_oneoff")]
    public static extern int poll_oneoff(Subscription* subscriptions, PollEvent* events, uint count, uint* happened);

    [WasmImport(Module, "proc_exit")]
    public static extern void proc_exit(uint status);
}
