using System.Globalization;
using System.Text;

namespace Gantry.Images.Tests;

/// <summary>Writes tar archives field by field, also those no sane tool writes.</summary>
internal sealed class TarBuilder
{
    private readonly List<byte> _archive = [];

    /// <summary>One ustar entry; <paramref name="patch"/> may change the header before its checksum is made.</summary>
    public TarBuilder Add(string name, char type = '0', string link = "", string data = "", Action<byte[]>? patch = null, long? size = null)
    {
        var header = new byte[512];
        Put(header, 0, name);
        Put(header, 100, "0000644");
        Put(header, 108, "0000000");
        Put(header, 116, "0000000");
        Put(header, 124, Convert.ToString(size ?? data.Length, 8).PadLeft(11, '0'));
        Put(header, 136, "00000000001");
        header[156] = (byte)type;
        Put(header, 157, link);
        Put(header, 257, "ustar");
        Put(header, 263, "00");
        patch?.Invoke(header);
        header.AsSpan(148, 8).Fill((byte)' ');
        Put(header, 148, Convert.ToString(header.Sum(b => b), 8).PadLeft(6, '0') + "\0");
        _archive.AddRange(header);
        _archive.AddRange(Encoding.Latin1.GetBytes(data));
        while (_archive.Count % 512 != 0) _archive.Add(0);
        return this;
    }

    /// <summary>A PAX header with these records before the next entry.</summary>
    public TarBuilder Pax(params (string Key, string Value)[] records) => Add("pax", 'x', data: string.Concat(records.Select(r => Record(r.Key, r.Value))));

    public TarBuilder Global(params (string Key, string Value)[] records) => Add("pax", 'g', data: string.Concat(records.Select(r => Record(r.Key, r.Value))));

    public byte[] Build() => [.. _archive, .. new byte[1024]];

    public static void Put(byte[] header, int offset, string text) => Encoding.Latin1.GetBytes(text).CopyTo(header, offset);

    private static string Record(string key, string value)
    {
        var rest = $" {key}={value}\n";
        var length = rest.Length + 1;
        while (length.ToString(CultureInfo.InvariantCulture).Length + rest.Length != length) length++;
        return length.ToString(CultureInfo.InvariantCulture) + rest;
    }
}

/// <summary>Merging layers that were built in memory.</summary>
internal static class Merge
{
    public static async Task<Layers.RootFileSystem> LayersAsync(ImageOptions? options, params byte[][] layers)
    {
        await using var image = new ResolvedImage
        {
            Reference = "test",
            Platform = null,
            Config = new Model.ImageConfig(),
            Layers = [.. layers.Select((data, i) => new ImageLayer($"layer {i}", null, data.Length, null, _ => ValueTask.FromResult<Stream>(new MemoryStream(data))))],
        };
        return await Layers.RootFileSystem.MergeAsync(image, (options ?? new ImageOptions()) with { CreateSpool = () => new MemoryStream() });
    }

    /// <summary>All paths of the merged tree, in byte order; files with their content.</summary>
    public static async Task<string> ListAsync(params byte[][] layers)
    {
        await using var root = await LayersAsync(null, layers);
        var lines = new List<string>();
        await Walk(root.Root, "");
        return string.Join(' ', lines);

        async Task Walk(Layers.DirectoryInode directory, string prefix)
        {
            foreach (var (name, (inode, _)) in directory.Sorted())
            {
                var path = $"{prefix}{name}";
                if (inode is Layers.DirectoryInode child)
                {
                    lines.Add(path + "/");
                    await Walk(child, path + "/");
                }
                else if (inode is Layers.RegularInode file)
                {
                    var data = new byte[file.Content.Length];
                    await file.Content.ReadAsync(0, data, default);
                    lines.Add($"{path}={Encoding.Latin1.GetString(data)}");
                }
                else if (inode is Layers.SymbolicLinkInode link) lines.Add($"{path}->{link.Target}");
                else lines.Add($"{path}:{inode.Type}");
            }
        }
    }
}
