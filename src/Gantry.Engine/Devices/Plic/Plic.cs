using System.Numerics;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Devices;

/// <summary>Platform-level interrupt controller (RISC-V PLIC specification 1.0), one context: the hart's S-mode.</summary>
/// <remarks>All sources are level-triggered; the gateway (chapter 1.2) passes one request until it is completed.</remarks>
public static unsafe class Plic
{
    /// <summary>Number of sources, the missing number 0 included.</summary>
    public const uint Sources = 32;

    /// <summary>Bytes of the register space.</summary>
    public const uint Size = 0x400000;

    // Chapter 3: memory map.
    private const uint PendingOffset = 0x1000;
    private const uint EnableOffset = 0x2000;
    private const uint ContextOffset = 0x200000;
    private const uint MaxPriority = 7;

    /// <summary>State of the controller.</summary>
    public struct State
    {
        /// <summary>Level of each line.</summary>
        public uint Levels;

        /// <summary>Requests the gateways passed on.</summary>
        public uint Pending;

        /// <summary>Claimed, not completed.</summary>
        public uint Claimed;

        /// <summary>Enable bits of the context.</summary>
        public uint Enabled;

        /// <summary>Only higher priorities interrupt.</summary>
        public uint Threshold;

        /// <summary>Whether the hart's line is up.</summary>
        public bool Output;

        /// <summary>Priority of each source.</summary>
        public uint* Priorities;
    }

    /// <summary>Makes the controller.</summary>
    public static void Create(Machine* machine)
    {
        machine->Plic = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        machine->Plic->Priorities = (uint*)NativeMemory.AllocZeroed(Sources, sizeof(uint));
    }

    /// <summary>A device sets its line.</summary>
    public static void SetLine(Machine* machine, uint line, bool level)
    {
        var plic = machine->Plic;
        var bit = 1u << (int)line;
        if (level)
            plic->Levels |= bit;
        else
            plic->Levels &= ~bit;
        Update(machine);
    }

    /// <summary>Reads a register; all are 32 bits wide.</summary>
    public static uint Read(Machine* machine, uint offset)
    {
        var plic = machine->Plic;
        if (offset < Sources * 4)
            return plic->Priorities[offset / 4];
        return offset switch
        {
            PendingOffset => plic->Pending,
            EnableOffset => plic->Enabled,
            ContextOffset => plic->Threshold,
            ContextOffset + 4 => Claim(machine),
            _ => 0,
        };
    }

    /// <summary>Writes a register.</summary>
    public static void Write(Machine* machine, uint offset, uint value)
    {
        var plic = machine->Plic;
        if (offset is >= 4 and < Sources * 4)
            plic->Priorities[offset / 4] = value & MaxPriority;
        else if (offset == EnableOffset)
            plic->Enabled = value & ~1u;
        else if (offset == ContextOffset)
            plic->Threshold = value & MaxPriority;
        else if (offset == ContextOffset + 4 && value < Sources)
            plic->Claimed &= ~(1u << (int)value);
        Update(machine);
    }

    private static uint Claim(Machine* machine)
    {
        var plic = machine->Plic;
        var best = Best(plic, 0);
        if (best != 0)
        {
            plic->Pending &= ~(1u << (int)best);
            plic->Claimed |= 1u << (int)best;
            Update(machine);
        }

        return best;
    }

    // Highest priority wins, then the lowest number; 0 when none is above the floor.
    private static uint Best(State* plic, uint floor)
    {
        var best = 0u;
        var candidates = plic->Pending & plic->Enabled;
        while (candidates != 0)
        {
            var source = (uint)BitOperations.TrailingZeroCount(candidates);
            candidates &= candidates - 1;
            if (plic->Priorities[source] > floor)
            {
                floor = plic->Priorities[source];
                best = source;
            }
        }

        return best;
    }

    private static void Update(Machine* machine)
    {
        var plic = machine->Plic;
        // A level that fell before the claim takes its request back: nothing would be found there.
        plic->Pending = plic->Levels & ~plic->Claimed & ~1u;
        var output = Best(plic, plic->Threshold) != 0;
        if (output == plic->Output)
            return;
        plic->Output = output;
        if (output)
            machine->Mailbox->Interrupts++;
        Processor.SetExternalInterrupt(machine, output);
    }
}
