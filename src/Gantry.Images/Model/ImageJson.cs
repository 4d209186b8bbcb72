using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Images.Model;

/// <summary>All JSON the project reads from images; generated at build time, so that it works trimmed and in browsers.</summary>
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(ManifestDocument))]
[JsonSerializable(typeof(List<DockerArchiveItem>))]
[JsonSerializable(typeof(OciLayoutFile))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(DockerConfigFile))]
internal sealed partial class ImageJson : JsonSerializerContext
{
    /// <summary>Parses <paramref name="json"/>; <paramref name="what"/> names it in the error.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            if (json.StartsWith("\ufeff"u8)) json = json[3..];
            return JsonSerializer.Deserialize(json, type) ?? throw new ImageException(ImageError.InvalidManifest, $"{what} is null");
        }
        catch (JsonException e)
        {
            throw new ImageException(ImageError.InvalidManifest, $"{what} is not what it should be: {Printable.Of(e.Message)}", e);
        }
    }
}
