using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Gantry.Images.Layers;
using Gantry.Images.Sources;

namespace Gantry.Images.Tests;

/// <summary>What is in a folder of this machine, one line a file, for comparison.</summary>
internal static partial class FileTree
{
    /// <summary>All files: path, type, mode, owner, mtime, links, device, size, target, attributes, digest of the content.</summary>
    public static SortedDictionary<string, string> Describe(string root, bool links = true, bool xattrs = true)
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var inodes = new Dictionary<ulong, string>();
        Walk(Printable.ToName(root), "");
        return result;

        void Walk(string folder, string prefix)
        {
            Add(folder, prefix.Length == 0 ? "/" : prefix);
            foreach (var name in LinuxFile.List(folder))
            {
                var path = $"{folder}/{name}";
                if ((LinuxFile.Stat(path).Mode & 0xf000) == (int)FileType.Directory) Walk(path, $"{prefix}/{name}");
                else Add(path, $"{prefix}/{name}");
            }
        }

        void Add(string path, string name)
        {
            var s = LinuxFile.Stat(path);
            var type = (FileType)(s.Mode & 0xf000);
            var line = new StringBuilder($"{type} {Convert.ToString(s.Mode & 0xfff, 8)} {s.Uid}:{s.Gid} {s.Mtime.Seconds}.{s.Mtime.Nanoseconds:d9}");
            if (type is FileType.CharacterDevice or FileType.BlockDevice) line.Append($" dev {s.RdevMajor},{s.RdevMinor}");
            if (type == FileType.SymbolicLink) line.Append($" -> {LinuxFile.ReadLink(path)}");
            if (links && type != FileType.Directory)
            {
                inodes.TryAdd(s.Inode, name);
                line.Append($" links {s.LinkCount} same as {inodes[s.Inode]}");
            }
            if (type == FileType.Regular) line.Append($" {s.Size} {Hash(path)}");
            if (xattrs)
                foreach (var (key, value) in (LinuxFile.Xattrs(path) ?? []).OrderBy(x => x.Key, StringComparer.Ordinal))
                    line.Append($" {key}={Convert.ToHexStringLower(value)}");
            result[name] = line.ToString();
        }
    }

    /// <summary>Compares line by line, so that a failure shows the first files that differ.</summary>
    public static void AssertEqual(SortedDictionary<string, string> expected, SortedDictionary<string, string> actual)
    {
        Assert.NotEmpty(expected);
        var differences = expected.Keys.Union(actual.Keys)
            .Where(name => expected.GetValueOrDefault(name) != actual.GetValueOrDefault(name))
            .Select(name => $"{Printable.OfName(name)}\n  expected {expected.GetValueOrDefault(name)}\n  actual   {actual.GetValueOrDefault(name)}").ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n" + string.Join('\n', differences.Take(20)));
    }

    public static void SetXattr(string path, string name, byte[] value)
    {
        if (lsetxattr(path, name, value, (nuint)value.Length, 0) != 0) Assert.Fail($"setxattr {name} on {path}: error {Marshal.GetLastPInvokeError()} (needs root and a file system with attributes)");
    }

    private static string Hash(string path)
    {
        using var handle = LinuxFile.Open(path);
        using var stream = new FileStream(handle, FileAccess.Read);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lsetxattr(string path, string name, byte[] value, nuint size, int flags);
}
