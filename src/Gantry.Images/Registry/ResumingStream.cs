using System.Net;

namespace Gantry.Images.Registry;

/// <summary>A body from a registry that goes on with a Range request (RFC 9110, 14.2) where a connection was cut or stalled.</summary>
internal sealed class ResumingStream(
    Func<long, CancellationToken, ValueTask<HttpResponseMessage>> get, RegistryTransport transport, TimeSpan stallTimeout, string what) : ForwardStream
{
    private const int MaxFailuresWithoutProgress = 5;

    private HttpResponseMessage? _response;
    private Stream? _body;
    private long _position;
    private long? _length; // Of the whole, from the first answer.
    private int _failures;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            string failure;
            try
            {
                if (_body is null) await OpenAsync(cancellationToken).ConfigureAwait(false);
                using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                stall.CancelAfter(stallTimeout);
                var count = await _body!.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
                if (count > 0)
                {
                    _position += count;
                    _failures = 0;
                    return count;
                }
                if (_length is null || _position >= _length || buffer.IsEmpty) return 0;
                failure = $"the connection ended after {_position} of {_length} bytes";
            }
            catch (Exception e) when (e is IOException or HttpRequestException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                failure = e is OperationCanceledException ? $"nothing came for {stallTimeout.TotalSeconds:0} s" : e.Message;
            }
            CloseResponse();
            if (++_failures >= MaxFailuresWithoutProgress)
                throw new ImageException(ImageError.Network, $"{what}: {failure} ({MaxFailuresWithoutProgress} attempts without progress)");
            await transport.DelayAsync(_failures, null, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) CloseResponse();
        base.Dispose(disposing);
    }

    private async ValueTask OpenAsync(CancellationToken cancellation)
    {
        _response = await get(_position, cancellation).ConfigureAwait(false);
        _body = await _response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        if (_position == 0)
        {
            _length = _response.Content.Headers.ContentLength;
            return;
        }
        if (_response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (_response.Content.Headers.ContentRange?.From != _position)
                throw new ImageException(ImageError.Network, $"{what}: the registry answers with another range than asked for");
            return;
        }
        // The server knows no ranges and begins anew: pass over what is there already; the digest covers both halves.
        var skipped = new byte[1 << 16];
        for (var left = _position; left > 0;)
        {
            var count = await _body.ReadAsync(skipped.AsMemory(0, (int)Math.Min(left, skipped.Length)), cancellation).ConfigureAwait(false);
            if (count == 0) throw new IOException("the connection ended again before the place it was cut at");
            left -= count;
        }
    }

    private void CloseResponse()
    {
        _body?.Dispose();
        _response?.Dispose();
        (_body, _response) = (null, null);
    }
}
