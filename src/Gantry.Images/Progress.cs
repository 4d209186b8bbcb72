namespace Gantry.Images;

/// <summary>What is being done.</summary>
public enum ImageStage
{
    /// <summary>Layers are fetched and applied; bytes are those of the blob as stored.</summary>
    Layers,
    /// <summary>The file system image is written; bytes are the image's.</summary>
    FileSystem,
}

/// <summary>Progress of one step, reported often: consumers throttle.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Index">The layer's number from 0; 0 for the file system.</param>
/// <param name="Count">Number of layers; 1 for the file system.</param>
/// <param name="BytesDone">Bytes done of this layer or image.</param>
/// <param name="BytesTotal">Bytes there are in all, or null when not known.</param>
public readonly record struct ImageProgress(ImageStage Stage, int Index, int Count, long BytesDone, long? BytesTotal);
