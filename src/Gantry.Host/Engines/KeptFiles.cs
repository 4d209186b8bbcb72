namespace Gantry.Host.Engines;

/// <summary>A folder of files that can be made again: those used last are kept.</summary>
public static class KeptFiles
{
    private const long MostBytes = 8L << 30;

    /// <summary>Another process may be about to open a file of this age, or still be writing it.</summary>
    private static readonly TimeSpan Young = TimeSpan.FromHours(1);

    /// <summary>Ends the names of files that are being written.</summary>
    public const string Unfinished = ".tmp";

    /// <summary>Notes that a file is in use: it is removed later than others.</summary>
    public static void MarkUsed(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else's file, readable only: then its age is its age.
        }
    }

    /// <summary>Removes what was left unfinished, and the files used longest ago until the rest is small enough.</summary>
    /// <param name="folder">The folder; folders in it are left alone.</param>
    /// <param name="most">Bytes that may stay.</param>
    public static void RemoveOldest(string folder, long most = MostBytes)
    {
        long sum = 0;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles().OrderByDescending(file => file.LastWriteTimeUtc).ToList())
        {
            sum += file.Exists ? file.Length : 0;
            if (DateTime.UtcNow - file.LastWriteTimeUtc < Young) continue;
            if (sum > most || file.Name.EndsWith(Unfinished, StringComparison.Ordinal)) TryDelete(file.FullName);
        }
    }

    /// <summary>Removes a file if that is possible.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // On Windows a file that is in use stays; the next time will do.
        }
    }
}
