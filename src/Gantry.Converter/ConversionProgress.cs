namespace Gantry.Converter;

/// <summary>Steps of a conversion.</summary>
public enum ConversionStep
{
    /// <summary>Manifest and configuration.</summary>
    Resolve,

    /// <summary>Layers are fetched, checked and merged.</summary>
    Layers,

    /// <summary>The root file system is written as EROFS.</summary>
    FileSystem,

    /// <summary>The guest boots.</summary>
    Boot,

    /// <summary>The module is written.</summary>
    Write,
}

/// <summary>Is told how a conversion gets on; calls come often and from any thread.</summary>
public interface IConversionProgress
{
    /// <summary>A step begins.</summary>
    void Begin(ConversionStep step);

    /// <summary>A step got on.</summary>
    /// <param name="step">Which.</param>
    /// <param name="done">Bytes done.</param>
    /// <param name="total">Bytes in all; null when not known.</param>
    void Report(ConversionStep step, long done, long? total);

    /// <summary>A step is done.</summary>
    /// <param name="step">Which.</param>
    /// <param name="summary">What came of it, for a person.</param>
    void End(ConversionStep step, string summary);
}
