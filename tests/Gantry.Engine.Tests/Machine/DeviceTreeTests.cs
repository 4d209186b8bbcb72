using System.Diagnostics;
using System.Runtime.InteropServices;
using Gantry.Engine.RiscV;
using Gantry.Engine.Tests.Devices;

namespace Gantry.Engine.Tests;

/// <summary>What we write is read back by dtc (Debian's device-tree-compiler), which complains of anything malformed.</summary>
public sealed unsafe class DeviceTreeTests
{
    [Fact]
    public void DtcReadsTheMachinesTree()
    {
        using var machine = new TestMachine(network: true, deterministic: true);
        machine.Machine->InitrdSize = 0x1234;
        var tree = (byte*)NativeMemory.AlignedAlloc(RiscVDeviceTree.MaxSize, 8);
        var size = RiscVDeviceTree.Write(machine.Machine, tree, 0x80F00000);
        Assert.NotEqual(0u, size);
        var text = Decompile(new ReadOnlySpan<byte>(tree, (int)size).ToArray(), out var complaints);
        NativeMemory.AlignedFree(tree);
        Assert.Equal("", complaints);
        foreach (var line in new[]
        {
            "timebase-frequency = <0x989680>;",
            "linux,initrd-start = <0x00 0x80f00000>;",
            "linux,initrd-end = <0x00 0x80f01234>;",
            "reg = <0x00 0x80000000 0x00 0x1000000>;",
            "mmu-type = \"riscv,sv48\";",
            "compatible = \"sifive,plic-1.0.0\";",
            "virtio_mmio@10003000 {",
            "bootargs = \"quiet\";",
        })
            Assert.Contains(line, text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatDoesNotFitIsNotWritten()
    {
        var buffer = (byte*)NativeMemory.AllocZeroed(4096);
        var names = (byte*)NativeMemory.AllocZeroed(64);
        for (var room = 0u; room < 200; room++)
        {
            NativeMemory.Fill(buffer, 4096, 0xEE);
            DeviceTreeWriter tree = default;
            tree.Start(buffer, room, names, 24);
            tree.BeginNode(""u8);
            tree.PropertyText("model"u8, "a text that is somewhat longer"u8);
            tree.Property("cells"u8, 1);
            tree.EndNode();
            var size = tree.Finish();
            Assert.Equal(0xEE, buffer[room]);
            Assert.Equal(size == 0, tree.Overflow);
            Assert.True(size <= room);
        }

        DeviceTreeWriter small = default;
        small.Start(buffer, 4096, names, 4);
        small.BeginNode(""u8);
        small.Property("longer-than-the-room"u8, 1);
        small.EndNode();
        Assert.Equal(0u, small.Finish());
        NativeMemory.Free(buffer);
        NativeMemory.Free(names);
    }

    private static string Decompile(byte[] tree, out string complaints)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, tree);
            var start = new ProcessStartInfo("dtc", ["-I", "dtb", "-O", "dts", file]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var dtc = Start(start);
            var text = dtc.StandardOutput.ReadToEnd();
            complaints = dtc.StandardError.ReadToEnd();
            dtc.WaitForExit();
            return text;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new InvalidOperationException("dtc is missing: eng/setup.sh installs device-tree-compiler");
        }
    }
}
