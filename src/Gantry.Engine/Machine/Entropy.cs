using Gantry.Engine.Host;

namespace Gantry.Engine;

/// <summary>Random bytes for the guest: the host's, or a seeded stream on a deterministic machine.</summary>
public static unsafe class Entropy
{
    /// <summary>Fills a buffer; false when the host has none to give.</summary>
    public static bool Fill(Machine* machine, byte* buffer, uint length)
    {
        if (machine->Clock.InstructionsPerTick == 0)
            return HostEntropy.Fill(buffer, length);
        for (var i = 0u; i < length; i++)
        {
            if ((machine->EntropyLeft & 7) == 0)
                machine->EntropyWord = NextWord(machine);
            machine->EntropyLeft++;
            buffer[i] = (byte)machine->EntropyWord;
            machine->EntropyWord >>= 8;
        }

        return true;
    }

    // splitmix64: statistically good, and plainly no secret.
    private static ulong NextWord(Machine* machine)
    {
        machine->EntropySeed += 0x9E3779B97F4A7C15;
        var word = machine->EntropySeed;
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }
}
