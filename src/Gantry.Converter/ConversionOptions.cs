using Gantry.Converter.Format;
using Gantry.Images;

namespace Gantry.Converter;

/// <summary>What to convert and how.</summary>
public sealed record ConversionOptions
{
    /// <summary>The image, as skopeo's users write it (docs/images.md).</summary>
    public required string Image { get; init; }

    /// <summary>The file to write.</summary>
    public required string Output { get; init; }

    /// <summary>Guest RAM in bytes.</summary>
    public ulong Memory { get; init; } = StandardMachine.DefaultMemory;

    /// <summary>Boot now and keep the memory, rather than at each start.</summary>
    public bool Snapshot { get; init; } = true;

    /// <summary>Write the root file system to this file instead of into the module.</summary>
    public string? ExternalImage { get; init; }

    /// <summary>The platform wanted; null: the one there is a machine for.</summary>
    public Platform? Platform { get; init; }

    /// <summary>Most guest instructions a boot may take before it counts as hanging.</summary>
    public ulong BootLimit { get; init; } = 5_000_000_000;
}

/// <summary>What a conversion made.</summary>
/// <param name="Index">The module's index.</param>
/// <param name="ModuleBytes">Size of the module.</param>
/// <param name="BootInstructions">Guest instructions up to the snapshot; 0 without one.</param>
public sealed record ConversionResult(ModuleIndex Index, long ModuleBytes, ulong BootInstructions);
