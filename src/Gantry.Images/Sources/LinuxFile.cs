using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Images.Sources;

/// <summary>The system calls for what .NET's file API does not tell: owners, devices, attributes, names that are not UTF-8.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LinuxFile
{
    private const int AtFdCwd = -100, AtSymlinkNoFollow = 0x100, StatxBasicStats = 0x7ff;
    private const int ORdOnlyNoFollowCloExec = 0x80000 | 0x20000;
    private const int ENotSup = 95, MaxXattr = 65536;

    /// <summary>What stat(2) tells, symbolic links not followed.</summary>
    public readonly record struct Status(
        ushort Mode, uint LinkCount, uint Uid, uint Gid, ulong Inode, long Size, Timestamp Mtime,
        uint RdevMajor, uint RdevMinor, uint DeviceMajor, uint DeviceMinor);

    public static Status Stat(string path)
    {
        // struct statx (linux/stat.h) has the same 256 bytes on every architecture, which struct stat has not.
        var buffer = stackalloc byte[256];
        fixed (byte* name = Bytes(path))
            if (statx(AtFdCwd, name, AtSymlinkNoFollow, StatxBasicStats, buffer) != 0) throw Failed(path);
        return new Status(
            Mode: *(ushort*)(buffer + 28),
            LinkCount: *(uint*)(buffer + 16),
            Uid: *(uint*)(buffer + 20),
            Gid: *(uint*)(buffer + 24),
            Inode: *(ulong*)(buffer + 32),
            Size: *(long*)(buffer + 40),
            Mtime: new Timestamp(*(long*)(buffer + 112), *(uint*)(buffer + 120)),
            RdevMajor: *(uint*)(buffer + 128),
            RdevMinor: *(uint*)(buffer + 132),
            DeviceMajor: *(uint*)(buffer + 136),
            DeviceMinor: *(uint*)(buffer + 140));
    }

    /// <summary>Names in a folder, as byte strings, sorted, without <c>.</c> and <c>..</c>.</summary>
    public static List<string> List(string path)
    {
        nint folder;
        fixed (byte* name = Bytes(path)) folder = opendir(name);
        if (folder == 0) throw Failed(path);
        try
        {
            var names = new List<string>();
            // struct dirent of 64-bit Linux: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
            for (byte* entry; (entry = readdir(folder)) != null;)
            {
                var name = Encoding.Latin1.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19));
                if (name is not ("." or "..")) names.Add(name);
            }
            names.Sort(string.CompareOrdinal);
            return names;
        }
        finally
        {
            _ = closedir(folder);
        }
    }

    public static string ReadLink(string path)
    {
        var buffer = stackalloc byte[4096];
        fixed (byte* name = Bytes(path))
        {
            var length = readlink(name, buffer, 4096);
            return length < 0 ? throw Failed(path) : Encoding.Latin1.GetString(buffer, (int)length);
        }
    }

    /// <summary>Extended attributes; null when there are none or the file system has none.</summary>
    public static Dictionary<string, byte[]>? Xattrs(string path)
    {
        var buffer = new byte[MaxXattr];
        fixed (byte* name = Bytes(path), data = buffer)
        {
            var length = llistxattr(name, data, MaxXattr);
            if (length < 0) return Marshal.GetLastPInvokeError() == ENotSup ? null : throw Failed(path);
            if (length == 0) return null;
            var xattrs = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (var key in Encoding.Latin1.GetString(data, (int)length).TrimEnd('\0').Split('\0'))
            {
                fixed (byte* keyBytes = Bytes(key))
                {
                    var size = lgetxattr(name, keyBytes, data, MaxXattr);
                    if (size < 0) throw Failed(path);
                    xattrs[key] = buffer[..(int)size];
                }
            }
            return xattrs;
        }
    }

    public static SafeFileHandle Open(string path)
    {
        fixed (byte* name = Bytes(path))
        {
            var descriptor = open(name, ORdOnlyNoFollowCloExec);
            return descriptor < 0 ? throw Failed(path) : new SafeFileHandle(descriptor, ownsHandle: true);
        }
    }

    private static byte[] Bytes(string path) => Encoding.Latin1.GetBytes(path + '\0');

    private static IOException Failed(string path) =>
        new($"{Printable.OfName(path)}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int folder, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint opendir(byte* path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* readdir(nint folder);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int closedir(nint folder);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint readlink(byte* path, byte* buffer, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint llistxattr(byte* path, byte* list, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(byte* path, int flags);
}
