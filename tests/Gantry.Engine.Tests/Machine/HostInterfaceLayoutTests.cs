using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Gantry.Engine.Host;

namespace Gantry.Engine.Tests;

/// <summary>docs/host-interface.md is what hosts in other languages are written from: it must agree with the structs.</summary>
public sealed partial class HostInterfaceLayoutTests
{
    private static readonly string Page = File.ReadAllText(Repository.PathOf("docs/host-interface.md"));

    [Theory]
    [InlineData("## Mailbox", typeof(Mailbox), 336)]
    [InlineData("## Ring", typeof(Ring), 32)]
    [InlineData("## Port ", typeof(Port), 88)]
    [InlineData("## Request", typeof(Request), 128)]
    [InlineData("## MachineConfig", typeof(MachineConfig), 136)]
    public void TablesAgreeWithStructs(string heading, Type type, int size)
    {
        var rows = TableRow().Matches(Section(heading));
        Assert.True(rows.Count > 5, heading);
        foreach (Match row in rows)
        {
            var field = row.Groups[2].Value;
            var offset = int.Parse(row.Groups[1].Value, CultureInfo.InvariantCulture);
            Assert.Equal((field, offset), (field, (int)Marshal.OffsetOf(type, field)));
        }

        Assert.Equal(size, Marshal.SizeOf(type));
    }

    [Fact]
    public void SizesInTheTextAgree()
    {
        Assert.Equal(48, Unsafe.SizeOf<Disk>());
        Assert.Equal(32, Unsafe.SizeOf<DiskConfig>());
        Assert.Equal(16, Unsafe.SizeOf<MountConfig>());
        Assert.Equal(16, Unsafe.SizeOf<PortConfig>());
        Assert.Equal(64, Unsafe.SizeOf<FileSystemStatistics>());
        Assert.Equal(96, Unsafe.SizeOf<NodeAttributes>());
        foreach (Match pair in Regex.Matches(Section("**NodeAttributes**"), @"\b(\d+) [ui]\d+ (\w+)"))
        {
            var name = pair.Groups[2].Value;
            if (name is not "reserved")
                Assert.Equal((name, int.Parse(pair.Groups[1].Value, CultureInfo.InvariantCulture)), (name, (int)Marshal.OffsetOf<NodeAttributes>(name)));
        }
    }

    [Fact]
    public void RequestKindsAgree()
    {
        foreach (var kind in Enum.GetValues<RequestKind>())
            Assert.Contains($"| {(uint)kind} | {kind} |", Page, StringComparison.Ordinal);
    }

    private static string Section(string heading)
    {
        var start = Page.IndexOf(heading, StringComparison.Ordinal);
        Assert.True(start >= 0, heading);
        var end = Page.IndexOf("\n## ", start + 4, StringComparison.Ordinal);
        return end < 0 ? Page[start..] : Page[start..end];
    }

    [GeneratedRegex(@"^\| (\d+) \| (?:[ui]\d[^|]*|Ring) \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
