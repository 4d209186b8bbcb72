using System.Security.Cryptography;
using Wasmtime;

namespace Gantry.Host.Engines;

/// <summary>Machine code that Wasmtime made of modules, kept in files: making it takes seconds.</summary>
/// <remarks>
/// Wasmtime executes what it is given as its own code, so a file ends in the SHA-256 of all before it, checked at each load; what does not
/// match is made again. Files appear whole, by renaming: any number of processes may use a folder at once. Where a folder cannot be
/// written, nothing is kept.
/// </remarks>
public static class ModuleCache
{
    private const int DigestSize = 32;
    private const int BufferSize = 1 << 20;

    /// <summary>The kept module, or the one that <paramref name="compile"/> makes, which is then kept.</summary>
    /// <param name="engine">Whose code it is.</param>
    /// <param name="name">The module's name in messages.</param>
    /// <param name="folder">Where the code is kept.</param>
    /// <param name="key">File name: digests of all that went in.</param>
    /// <param name="compile">Makes it.</param>
    public static Module Load(Wasmtime.Engine engine, string name, string folder, string key, Func<Module> compile)
    {
        // Wasmtime refuses code of another version of itself; with the version in the name such files are just not found.
        var path = Path.Combine(folder, $"{key}-{typeof(Module).Assembly.GetName().Version}.cwasm");
        if (TryLoad(engine, name, path) is { } kept) return kept;
        var compiled = compile();
        Keep(folder, path, compiled.Serialize());
        return compiled;
    }

    private static Module? TryLoad(Wasmtime.Engine engine, string name, string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            if (!IsWhole(path)) return null;
            var module = Module.DeserializeFile(engine, name, path);
            KeptFiles.MarkUsed(path);
            return module;
        }
        catch (Exception exception) when (exception is WasmtimeException or IOException or UnauthorizedAccessException)
        {
            // Code for another processor, or a file that another process is replacing: as if there were none.
            return null;
        }
    }

    private static bool IsWhole(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        var left = file.Length - DigestSize;
        if (left <= 0) return false;
        while (left > 0)
        {
            var count = file.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (count == 0) return false;
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        var digest = buffer.AsSpan(0, DigestSize);
        return file.ReadAtLeast(digest, DigestSize, throwOnEndOfStream: false) == DigestSize && digest.SequenceEqual(hash.GetHashAndReset());
    }

    private static void Keep(string folder, string path, byte[] code)
    {
        // Named by nobody else, not even by another thread.
        var temporary = Path.Combine(folder, $"{Guid.NewGuid():N}{KeptFiles.Unfinished}");
        try
        {
            Directory.CreateDirectory(folder);
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(code);
                file.Write(SHA256.HashData(code));
            }

            File.Move(temporary, path, overwrite: true);
            KeptFiles.RemoveOldest(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            KeptFiles.TryDelete(temporary);
        }
    }
}
